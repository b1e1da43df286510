"""Where pip stands, by the frames of its calls (pip 19.3 to 26.3)."""

# Python 3.7 syntax, stdlib only.
SUBPROCESS_MODULE = "pip._internal.utils.subprocess"
SELF_CHECK_MODULE = "pip._internal.self_outdated_check"

BUILD_DEPENDENCY_WORDS = ("install", "--no-user", "--prefix")


def is_pip_of_isolated_build(frame):
    """Whether ``frame`` is pip's call_subprocess, running the pip that fetches build dependencies.

    Its command line is pip's own making (pip._internal.build_env, 19.3 to 26.3).
    """
    command = frame.f_locals.get("cmd")
    # pip's HiddenText, which stands among git's arguments, can be compared but not hashed.
    return isinstance(command, list) and all(word in command[2:8] for word in BUILD_DEPENDENCY_WORDS)


def is_self_check(frame):
    """Whether pip looks for a newer pip, which nobody asked for and nothing hangs on."""
    while frame is not None:
        if frame.f_globals.get("__name__") == SELF_CHECK_MODULE:
            return True
        frame = frame.f_back
    return False
