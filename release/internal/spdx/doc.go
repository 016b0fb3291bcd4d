// Package spdx tells which licence a text is, as the identifiers of the SPDX list name it. It
// knows the licences that modules of Go have; what it does not know it does not guess.
package spdx
