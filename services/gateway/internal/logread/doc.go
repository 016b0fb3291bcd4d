// Package logread reads access logs line by line, within bounds, from files and from programs that
// write without end.
package logread
