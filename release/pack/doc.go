// Package pack writes archives that are equal, byte for byte, on every machine and at any time:
// sorted names, one time, no owner but root, no trace of the machine. Use it for whatever a release
// has.
package pack
