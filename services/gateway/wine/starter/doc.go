//go:build !windows

// Command starter is for Windows: see main_windows.go.
package main

func main() {}
