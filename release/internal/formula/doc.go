// Package formula writes the formula with which Homebrew installs a release: the archives of the
// platforms that Homebrew runs on, with their SHA-256. It goes into the folder Formula of a tap.
package formula
