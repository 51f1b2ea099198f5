import { print } from './print.ts';

/**
 * What each shell needs to ask us: it runs the hidden `banyan __complete` with the words up to the cursor, and gets a
 * candidate a line, perhaps with a tab and what it means; or `:files`, for those the shell knows itself. Nothing that
 * comes back is evaluated.
 */
const scripts = {
  // -r and IFS= keep each line as it is; %q quotes what the shell would read, unless the word begins with a quote itself.
  bash: `# banyan for bash: add to ~/.bashrc
#   eval "$(banyan completion bash)"
_banyan() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    line="\${line%%$'\\t'*}"
    [[ \${COMP_WORDS[COMP_CWORD]} == [\\'\\"]* || $line != *[!A-Za-z0-9_.,:%@=+/-]* ]] || printf -v line %q "$line"
    COMPREPLY+=("$line")
  done < <("$1" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ \${COMPREPLY[0]-} != :files ]] || { COMPREPLY=(); compopt -o default; }
}
complete -F _banyan banyan
`,
  zsh: `#compdef banyan
# banyan for zsh: add to ~/.zshrc, after compinit
#   eval "$(banyan completion zsh)"
_banyan() {
  local -a found
  found=(\${(f)"$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if [[ "\${found[1]}" == :files ]]; then
    _files
  else
    found=("\${(@)found//:/\\\\:}")
    found=("\${(@)found/$'\\t'/:}")
    _describe banyan found
  fi
}
if [[ "\${funcstack[1]}" == _banyan ]]; then _banyan "$@"; else compdef _banyan banyan; fi
`,
  fish: `# banyan for fish: save with
#   banyan completion fish > ~/.config/fish/completions/banyan.fish
function __banyan_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c banyan -f -a '(__banyan_complete)'
`,
};

/** The shells that can be helped. */
export const shells = Object.keys(scripts);

/** `banyan completion SHELL`: prints what that shell is to read. */
export function printCompletion(shell: string): void {
  print(scripts[shell as keyof typeof scripts]);
}
