export const FILES = {
  "": ["RFC-1799.txt", "RFC-1800.txt", "RFC-1899.txt", "RFC-1900.txt", "sub/", ".hidden"],
};
