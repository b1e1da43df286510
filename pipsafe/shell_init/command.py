"""`pipsafe shell-init`: prints what makes `pip` run pipsafe in a shell, and completes both."""

from pipsafe.language import catalogues
from pipsafe.language.text import enumerated, text
from pipsafe.messages import standard_output
from pipsafe.own_options import UsageError
from pipsafe.shell_init.shells import TEXTS, filled

HELP = text(
    """\
Usage: pipsafe shell-init SHELL

Prints, for your shell's profile to evaluate, a `pip` that runs pipsafe, and
completion of both by pip's own. Changes nothing by itself.

    eval "$(pipsafe shell-init bash)"          # in ~/.bashrc
    eval "$(pipsafe shell-init zsh)"           # in ~/.zshrc, after compinit
    pipsafe shell-init fish | source           # in ~/.config/fish/config.fish
    pipsafe shell-init powershell | Out-String | Invoke-Expression   # in $PROFILE

It reaches what is typed in that shell, not scripts: `command pip` and
`python -m pip` are pip still.

  SHELL          bash, zsh, fish or powershell
  -h, --help     this text

Exit code: 0; 2 if the command line makes no sense.
"""
)


def main(arguments: list[str], commands: tuple[str, ...]) -> int:
    """Everything behind the word `shell-init`. Returns the exit code. Raises UsageError."""
    if arguments and arguments[0] in ("-h", "--help"):
        standard_output.tell(lambda language: HELP.said(catalogues.look(language)))
        return 0
    shells = enumerated(TEXTS)
    if not arguments:
        raise UsageError(text("shell-init takes the name of a shell, one of {shells}.", shells=shells))
    shell, *rest = arguments
    if shell not in TEXTS:
        raise UsageError(text("shell-init takes one of {shells}, not {name!r}.", shells=shells, name=shell))
    if rest:
        raise UsageError(text("shell-init takes one shell, and {word!r} is too much.", word=rest[0]))
    standard_output.write(filled(shell, commands))
    return 0
