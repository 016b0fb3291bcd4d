// Package fromcaddy makes a configuration of this gateway out of a Caddyfile. [Import] parses the
// file with its snippets and what it imports, and maps sites, matchers and directives in Caddy's
// order of directives; what has no counterpart is noted in the draft with its line. The JSON form
// of
// Caddy's configuration is not read.
package fromcaddy
