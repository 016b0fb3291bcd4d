// Command make makes the artefacts of a release that are files: archives, licence notices, bills
// of materials, checksums. Bazel's rules in release call it, each with one of its verbs; nobody
// else needs it. What it writes depends on what it is given, and on nothing else.
package main
