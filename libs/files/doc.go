// Package files opens the files that people name, within a bounded time and whatever they are.
//
// A name may lead to a named pipe, whose reader waits for a writer, or to a file system whose
// server is gone, where even opening waits for ever. A program that reads its configuration in
// one of its loops would stop there, and could not be told to end either. So a read takes regular
// files only, and gives up after a while.
//
// What a person passes on purpose as an open pipe is read: /dev/stdin, /dev/fd/N (which is what
// <(command) of a shell is) and /proc/self/fd/N.
package files
