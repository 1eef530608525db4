/** Two words that map names: of `ntrans`, characters; of `nmap`, a pattern and a template. */
export interface NameMap {
  readonly from: string;
  readonly to: string;
}
