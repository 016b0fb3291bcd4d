package filewatch

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Defaults of a Watcher.
const (
	DefaultSettle = 100 * time.Millisecond
	DefaultPoll   = 2 * time.Second
	// Longest is how long changes that follow one another can put a report off, where each makes
	// another file: one that is renamed over the last is whole.
	Longest = time.Second
	// LongestWrite is how long a file that is being written in place can put a report off.
	LongestWrite = 10 * time.Second
	// breath is how long notifications are gathered after one that told of nothing:
	// the folder may be that of a busy log as well.
	breath = 20 * time.Millisecond
)

// A Watcher watches some files. Its fields are set before Run and not changed.
type Watcher struct {
	// Files returns the files to watch; it is asked again after each report.
	Files func() []string
	// Changed is called, from Run's goroutine, after a change.
	Changed func()
	// Begun, if not nil, is called once, from Run's goroutine, when nothing that
	// happens from then on is missed. A caller that has read the files before reads them again.
	Begun func()
	// Failed, if not nil, is told once why there are no notifications, so that
	// changes are found by polling only.
	Failed func(error)
	// Settle is how long the files must be quiet, 0 for DefaultSettle; Poll is how
	// often they are looked at without a notification, 0 for DefaultPoll.
	Settle, Poll time.Duration
}

// Run watches until ctx ends. What the files are when it begins is no change; see
// Begun.
func (w *Watcher) Run(ctx context.Context) error {
	settle, poll := w.Settle, w.Poll
	if settle <= 0 {
		settle = DefaultSettle
	}
	if poll <= 0 {
		poll = DefaultPoll
	}
	n := newNotifier(w.Failed)
	defer n.close()
	files := w.Files()
	seen, ok := n.look(ctx, files)
	if !ok {
		return nil
	}
	if w.Begun != nil {
		w.Begun()
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	rest := time.NewTimer(breath)
	defer rest.Stop()
	resting, noticed := true, false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.events():
			if noticed = resting; noticed {
				continue
			}
		case <-rest.C:
			if resting = false; !noticed {
				continue
			}
			noticed = false
		case err := <-n.errors():
			n.report(fmt.Errorf("watching files: %w", err)) // an overflow: look
		case <-tick.C:
		}
		now, ok := n.look(ctx, files)
		if ok && now.text == seen.text {
			resting = true
			rest.Reset(breath)
			continue
		}
		if ok {
			seen, ok = n.quiet(ctx, files, now, settle)
		}
		if !ok {
			return nil
		}
		w.Changed()
		files = w.Files()
		if now, ok = n.look(ctx, files); ok && now.text != seen.text {
			// Other files from now on, or changed while they were read: look again.
			seen = now
			w.Changed()
		}
		if !ok {
			return nil
		}
	}
}

// quiet waits until the files stay as they are for a while.
func (n *notifier) quiet(
	ctx context.Context, files []string, was state, settle time.Duration,
) (is state, ok bool) {
	begun, last := time.Now(), Longest
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return was, false
		case <-n.events():
			continue // taken, so that they do not pile up
		case <-timer.C:
		}
		if is, ok = n.look(ctx, files); !ok {
			return is, false
		}
		writing, over := written(files), time.Since(begun)
		if is.text == was.text && !writing || over >= LongestWrite {
			return is, true
		}
		switch {
		case writing || is.files == was.files && is.sizes != was.sizes:
			// It grows: what is there now is the beginning of a file. A file that was replaced may
			// have the number of the one before, so that alone says nothing.
			last = LongestWrite
		case is.files != was.files:
			last = Longest
		}
		if over >= last {
			return is, true
		}
		was = is
		timer.Reset(settle)
	}
}

// A state is what files are, as far as that shows without reading them.
type state struct {
	text  string // differs when one of the files does
	files string // differs when one of them is another file, and not when it is written to
	sizes string // of the files
}

// look says what the files are, and watches the folders that they are in by now. Both may take for
// ever, on a file system whose server is gone; ok is false when ctx ends before.
func (n *notifier) look(ctx context.Context, files []string) (s state, ok bool) {
	done := make(chan state)
	go func() {
		n.follow(files) // first: what changes from here on is noticed
		now := stateOf(files)
		select {
		case done <- now:
		case <-ctx.Done():
			n.free()
		}
	}()
	select {
	case s = <-done:
		return s, true
	case <-ctx.Done():
		n.left = true
		return s, false
	}
}

func stateOf(files []string) state {
	var text, same, sizes strings.Builder
	for _, f := range files {
		file, now, err := stamp(f)
		if err != nil {
			now = err.Error()
		}
		fmt.Fprintf(&text, "%s: %s %s\n", f, file, now)
		fmt.Fprintf(&same, "%s: %s\n", f, file)
		size, _, _ := strings.Cut(now, " ")
		sizes.WriteString(size + "\n")
	}
	return state{text.String(), same.String(), sizes.String()}
}

// Finished waits until nobody has one of the files open to write to it, where the system tells, and
// not for longer than [LongestWrite] or than ctx. A file is whole then, unless its writer opens it
// again.
func Finished(ctx context.Context, files []string) {
	ctx, cancel := context.WithTimeout(ctx, LongestWrite)
	defer cancel()
	look := time.NewTicker(breath)
	defer look.Stop()
	for written(files) {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// written says whether one of the files is being written.
func written(files []string) bool { return slices.ContainsFunc(files, openToWrite) }

// maxLinks bounds a chain of symlinks, as the system does.
const maxLinks = 40

// folders returns where something can happen that changes what a path leads to:
// the folder of each link on the way, and that of the file.
func folders(path string) (dirs []string) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	for range maxLinks {
		dirs = append(dirs, filepath.Dir(path))
		target, err := os.Readlink(path)
		if err != nil {
			// Not a link itself; its folder may be one.
			real, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil || real == filepath.Dir(path) {
				return dirs
			}
			return append(dirs, append([]string{real}, linkFolders(path)...)...)
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		// Kubernetes: gateway.yaml -> ..data/gateway.yaml, ..data -> ..2026_11_23.
		dirs = append(dirs, linkFolders(target)...)
		path = target
	}
	return dirs
}

// linkFolders returns the folders of the links among a path's folders.
func linkFolders(path string) (dirs []string) {
	for dir := filepath.Dir(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			dirs = append(dirs, filepath.Dir(dir))
		}
	}
	return dirs
}

// notifier is fsnotify, or nothing where that does not work.
type notifier struct {
	watcher *fsnotify.Watcher
	failed  func(error)
	told    bool
	left    bool // a look goes on, which frees it when it comes back
}

func newNotifier(failed func(error)) *notifier {
	n := &notifier{failed: failed}
	var err error
	if n.watcher, err = fsnotify.NewWatcher(); err != nil {
		n.report(fmt.Errorf("no notifications of file changes, polling instead: %w", err))
	}
	return n
}

func (n *notifier) report(err error) {
	if n.failed != nil && !n.told {
		n.told = true
		n.failed(err)
	}
}

func (n *notifier) events() <-chan fsnotify.Event {
	if n.watcher == nil {
		return nil
	}
	return n.watcher.Events
}

func (n *notifier) errors() <-chan error {
	if n.watcher == nil {
		return nil
	}
	return n.watcher.Errors
}

// follow watches the folders of the files, and no others.
func (n *notifier) follow(files []string) {
	if n.watcher == nil {
		return
	}
	want := map[string]bool{}
	for _, f := range files {
		for _, d := range folders(f) {
			want[d] = true
		}
	}
	for _, d := range n.watcher.WatchList() {
		if !want[d] {
			_ = n.watcher.Remove(d) // it is gone by itself, or not: no harm
		}
		delete(want, d)
	}
	for d := range want {
		_ = n.watcher.Add(d) // a folder that is not there is found by the poll
	}
}

func (n *notifier) close() {
	if !n.left {
		n.free()
	}
}

func (n *notifier) free() {
	if n.watcher != nil {
		_ = n.watcher.Close() // nothing is left to be told
	}
}
