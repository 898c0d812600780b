# SPDX-License-Identifier: Apache-2.0
# Bash completion of quern: what there is, it asks the program itself.
_quern() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} quern=${COMP_WORDS[0]}
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$quern" --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p') --help --version" -- "$cur")
        return
    fi
    case $prev in
    -d | --device | --beside)
        # the colon parts words: what follows it is a word of its own
        mapfile -t COMPREPLY < <(compgen -W "$("$quern" devices 2>/dev/null | sed -n 's/^  \([a-z0-9]*\) .*/\1/p; s/^  usb:\([^ ]*\) .*/usb:\1/p')" -- "$cur")
        ;;
    -t | --target)
        mapfile -t COMPREPLY < <(compgen -W "$("$quern" devices 2>/dev/null | sed -n '/^target/,/^board/s/^  \([a-z0-9]*\) .*/\1/p')" -- "$cur")
        ;;
    *)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$("$quern" "${COMP_WORDS[1]}" --help 2>/dev/null | grep -o -- '^ .*--[a-z-]*' | grep -o -- '--[a-z-]*')" -- "$cur")
        else
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        fi
        ;;
    esac
}
complete -F _quern quern
