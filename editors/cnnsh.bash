# SPDX-License-Identifier: MIT
# Completion of cnnsh's options in bash. Installed as share/bash-completion/completions/cnnsh, which bash-completion reads
# when cnnsh is first completed; without it, `source` this file.

_cnnsh() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i
    COMPREPLY=()
    case $before in
        -e) return ;;  # code
        -l) mapfile -t COMPREPLY < <(compgen -f -X '!*.lua' -- "$word" | sed 's/\.lua$//'); return ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -e | -l) ((i++)) ;;
            --) break ;;
            -?*) ;;
            *) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;  # behind the script come its own arguments
        esac
    done
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-e -l -i -v -E -W -h --help --version --' -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -f -X '!*.lua' -- "$word"; compgen -d -S / -- "$word"; ((COMP_CWORD == 1)) && compgen -W lab -- "$word")
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
}
complete -o filenames -F _cnnsh cnnsh
