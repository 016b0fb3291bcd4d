// Package editor holds the JSON Schema of the configuration against what a person sees who writes a
// file in an editor: it runs yaml-language-server, which VS Code, Neovim, Helix and others use, and
// reads its messages, its completion and its hover. It is tests only.
package editor
