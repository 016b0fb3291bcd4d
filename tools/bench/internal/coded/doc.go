// Package coded is a client that asks for one resource with gzip, again and again on connections
// that stay, and says how many bytes a coded body has. It decodes the first answer of each
// connection, and only reads the others, so that most of its core is left to the upstream. Like the
// load generator it runs as a process of its own.
package coded
