// Package filewatch tells when files have changed, however that happens: edited
// in place, replaced by a rename, reached through a symlink that now leads
// elsewhere (as Kubernetes swaps a mounted ConfigMap), deleted, or back again.
//
// The system's notifications (fsnotify) make it fast; a poll makes it certain,
// since notifications are missing on some file systems and for symlinks further
// up the path. A change is reported once the files have been quiet for a moment and
// nobody has one open to write to it, so that a file that is being written is not read
// half done. Files that are replaced again and again are reported after a second, and one
// that is written in place without an end after ten.
package filewatch
