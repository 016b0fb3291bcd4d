// Package draft holds a configuration of this gateway while it is made out of that of another
// product, and the list of what could not be carried over. The packages that read those products'
// files fill a [Draft]; [Draft.Finish] drops what would not be valid and renders the rest as YAML,
// with a comment that says where each thing comes from.
package draft
