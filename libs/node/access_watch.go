package node

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// lookEvery is how often the access log is looked after: whether another file is at its path, and
// whether lines were lost.
const lookEvery = time.Second

// moved reports whether another file than this one is at a path, or none, by what stat says of the
// path. What cannot be told is no reason to change anything.
func moved(stat func(string) (fs.FileInfo, error), path string, file fs.FileInfo) bool {
	if file == nil {
		return false
	}
	info, err := stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return err == nil && !os.SameFile(info, file)
}

// look has it found out whether the log's file was moved away; looks gets the answer. It reports
// whether there will be one. A file system that hangs holds up nothing: the look ends when it does.
func (a *access) look() bool {
	a.mu.Lock()
	path, file := a.cfg.Output, a.file
	a.mu.Unlock()
	if file == nil {
		return false
	}
	go func() { a.looks <- moved(os.Stat, path, file) }()
	return true
}

// A lossWatch says once that lines of the access log are lost, and once that they are not any more.
type lossWatch struct {
	dropped, taken uint64 // at the last look
	losing         bool
	before         uint64 // dropped when that began
}

// look is called now and then.
func (w *lossWatch) look(out *accesslog.Writer, log *logrus.Logger) {
	dropped, taken := out.Dropped(), out.Taken()
	more, takes := dropped > w.dropped, taken > w.taken
	switch {
	case more && !w.losing:
		w.losing, w.before = true, w.dropped
		why := "its reader is too slow, or has stopped"
		if err := out.Trouble(); err != nil {
			why = plainly(err)
		}
		log.WithField("why", why).Warn("lines of the access log are lost; requests go on, and " +
			"gateway_access_log_dropped_total counts the lines")
	case w.losing && !more && takes && out.Trouble() == nil:
		w.losing = false
		log.WithField("lost", dropped-w.before).Info("the access log is written again")
	}
	w.dropped, w.taken = dropped, taken
}

// plainly is an error of writing without the path, which may be a secret.
func plainly(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}
