"""What each shell reads from its profile. Pure.

Completion is pip's own: pip prints its words when PIP_AUTO_COMPLETE is set, from the line in COMP_WORDS
and COMP_CWORD (`pip completion`). While it is asked, no rescue, no report and no words of pipsafe's are
wanted.
"""

from collections.abc import Mapping

from pipsafe.own_options import OPTIONS, PREFIX

ASKING: Mapping[str, str] = {
    "PIP_AUTO_COMPLETE": "1",
    "PIPSAFE_NO_RESCUE": "1",
    "PIPSAFE_QUIET": "1",
    "PIPSAFE_REPORT": "",
    "PIPSAFE_STRICT": "",
}
"""The variables of a completion, besides the line itself."""

# pip ends with 1 where it completes, which ends a shell that has `set -e`.
# `function NAME {` defines also where NAME is an alias, which `NAME() {` would replace by its text first.
_BASH = """\
unalias pip 2>/dev/null || :
function pip { command pipsafe "$@"; }
_pipsafe_completion()
{
    local IFS=$' \\t\\n'
    COMPREPLY=( $( COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(assignments)s \\
                   command pipsafe 2>/dev/null ) ) || :
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY+=( $( compgen -W "%(words)s" -- "${COMP_WORDS[1]}" ) ) || :
    fi
}
complete -o default -F _pipsafe_completion pip pipsafe
"""

# compdef is there once compinit has run.
_ZSH = """\
unalias pip 2>/dev/null || :
function pip { command pipsafe "$@"; }
_pipsafe_completion() {
  compadd -- $( COMP_WORDS="$words[*]" COMP_CWORD=$((CURRENT-1)) %(assignments)s \\
                command pipsafe 2>/dev/null )
  (( CURRENT == 2 )) && compadd -- %(words)s
  return 0
}
if (( $+functions[compdef] )); then
  compdef _pipsafe_completion pip pipsafe
fi
"""

# --wraps gives pip what completes pipsafe.
_FISH = """\
function pip --wraps=pipsafe --description 'pip, by pipsafe'
    command pipsafe $argv
end
function __fish_pipsafe_completion
    set -lx COMP_WORDS \\
        (commandline --current-process --tokenize --cut-at-cursor) \\
        (commandline --current-token --cut-at-cursor)
    set -lx COMP_CWORD (math (count $COMP_WORDS) - 1)
    string split ' ' -- (env %(assignments)s pipsafe 2>/dev/null)
    test $COMP_CWORD -eq 1; and string split ' ' -- '%(words)s'
end
complete -c pipsafe -f -a '(__fish_pipsafe_completion)'
"""

# A native completer is asked for an alias of a program, not for a function.
_POWERSHELL = """\
Set-Alias -Name pip -Value pipsafe -Scope Global
Register-ArgumentCompleter -Native -CommandName pip, pipsafe -ScriptBlock {
    param($word, $line, $cursor)
    $asking = @{ %(pairs)s }
    $asking.COMP_WORDS = "$line"
    $asking.COMP_CWORD = "$(@($line.CommandElements).Count - [int]($word -ne ''))"
    $before = @{}
    foreach ($name in $asking.Keys) {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $asking[$name])
    }
    try {
        $found = @(& pipsafe 2>$null) -split ' '
    } finally {
        foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
    }
    if ($asking.COMP_CWORD -eq '1') { $found += '%(words)s' -split ' ' }
    $found | Where-Object { $_ -and $_.StartsWith($word) }
}
"""

TEXTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
"""Names of shells to what is read; their gaps are filled by `filled`."""


def filled(shell: str, commands: tuple[str, ...]) -> str:
    """What the shell is to read. ``commands``: pipsafe's own, which complete beside pip's."""
    return TEXTS[shell] % {
        "assignments": " ".join(f"{name}={value}" for name, value in ASKING.items()),
        "pairs": "; ".join(f"{name} = '{value}'" for name, value in ASKING.items()),
        "words": " ".join([*commands, *(PREFIX + name for name in OPTIONS)]),
    }
