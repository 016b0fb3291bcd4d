package gossip

import (
	"bytes"
	"log"
	"time"

	"github.com/sirupsen/logrus"
)

// sayAgain is how long the same kind of trouble is not told of again.
const sayAgain = time.Minute

// logger takes what memberlist says, for debugging. It says the same of every lost packet; what
// an operator has to act on is told by this package.
type logger struct{ log *logrus.Logger }

var prefix = []byte("memberlist: ")

// newLogger returns it in the form that memberlist takes.
func newLogger(l *logrus.Logger) *log.Logger { return log.New(&logger{l}, "", 0) }

// Write takes one line.
func (l *logger) Write(p []byte) (int, error) {
	if l.log.IsLevelEnabled(logrus.DebugLevel) {
		line := bytes.TrimSpace(p)
		if i := bytes.Index(line, prefix); i >= 0 {
			line = line[i+len(prefix):]
		}
		l.log.WithField("part", "memberlist").Debug(string(line))
	}
	return len(p), nil
}
