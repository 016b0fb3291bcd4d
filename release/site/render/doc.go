// Package render makes a site of the documentation: files of HTML that any web server can hand out,
// GitHub Pages too, and that a browser can also open from a disk.
//
// The files need no other site. The only script is the search; without scripts all pages can be
// read. The same pages give the same bytes.
package render
