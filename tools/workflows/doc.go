// Package workflows holds the workflows in .github against what GitHub takes, by actionlint, and
// against the rule that actions are pinned by commit. It has tests alone.
package workflows
