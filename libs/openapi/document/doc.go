// Package document reads the files of an API description.
//
// A file is YAML or JSON; either becomes a tree of a [Node] for each value, with its line and
// column. A [Set] opens the files that a reference ($ref) leads to: those beside the first file,
// and others only where the one who reads it says where a copy of them is. Nothing is fetched.
//
// All is bounded: the bytes of a file and of all, how many files there are, how many values, how
// deep they are nested. An alias of YAML costs nothing, for it is the same Node again; what many of
// them would come to when they are put in is counted, and bounded too.
package document
