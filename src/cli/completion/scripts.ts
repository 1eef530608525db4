/** Shells that can complete fxpd's command lines. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
type Shell = (typeof SHELLS)[number];

/** What makes a shell ask `fxpd __complete`; each answer is a line: a word, a tab, and what it is. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash cuts words at colons, so it is given the line, and the part before the last colon is taken off again.
  bash: `_fxpd() {
  local cur last line word
  cur="\${COMP_LINE:0:COMP_POINT}"
  last="\${cur##*[[:space:]]}"
  COMPREPLY=()
  while IFS= read -r line; do
    word="\${line%%$'\\t'*}"
    if [[ "$word" == :files ]]; then
      if (( ! \${#COMPREPLY[@]} )); then compopt -o default 2>/dev/null; return; fi
      while IFS= read -r word; do
        if [[ -d "$word" ]]; then word+=/; compopt -o nospace 2>/dev/null; fi
        COMPREPLY+=("$(printf %q "$word")")
      done < <(compgen -f -- "$last")
      continue
    fi
    [[ "$word" == *[:/] ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$(printf %q "$word")")
  done < <(fxpd __complete --line "$cur" 2>/dev/null)
  if [[ "$last" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    local before="\${last%"\${last##*:}"}" index
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]="\${COMPREPLY[index]#"$before"}"; done
  fi
}
complete -F _fxpd fxpd
`,
  zsh: `#compdef fxpd
_fxpd() {
  local line word
  local -a plain open
  local -i files=0 none=1
  for line in "\${(@f)$(fxpd __complete --words "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word="\${line%%$'\\t'*}"
    [[ -z "$word" ]] && continue
    if [[ "$word" == :files ]]; then files=1; continue; fi
    if [[ "$word" == *[:/] ]]; then open+=("$word"); else plain+=("$word"); fi
  done
  (( \${#open} )) && compadd -S '' -- "\${open[@]}" && none=0
  (( \${#plain} )) && compadd -- "\${plain[@]}" && none=0
  (( files )) && _files && none=0
  return none
}
if [[ "\${funcstack[1]}" == _fxpd ]]; then _fxpd "$@"; else compdef _fxpd fxpd; fi
`,
  fish: `function __fxpd_complete
  for line in (fxpd __complete --words (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c fxpd -f -a '(__fxpd_complete)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName fxpd -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $line = $commandAst.ToString()
  if ($cursorPosition -lt $line.Length) { $line = $line.Substring(0, $cursorPosition) }
  if ($wordToComplete -eq '' -and -not $line.EndsWith(' ')) { $line += ' ' }
  fxpd __complete --line $line 2>$null | Where-Object { $_ } | ForEach-Object {
    if ($_ -eq ':files') {
      return [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    }
    $word, $what = $_ -split "\`t", 2
    if (-not $what) { $what = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $what)
  }
}
`,
};
