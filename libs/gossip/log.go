package gossip

import (
	"bytes"
	"log"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// sayAgain is how long the same kind of trouble is not told of again.
const sayAgain = time.Minute

// logger takes what memberlist says. It says the same of every lost packet, so that is
// for debugging; only what an operator has to act on is logged above debug, and not
// more than once a minute.
type logger struct {
	log       *logrus.Logger
	strangers *atomic.Uint64 // messages that no key of ours decrypts
	last      atomic.Int64   // when a stranger was told of, in nanoseconds
}

var (
	undecryptable = [][]byte{
		[]byte("decrypt packet failed"), []byte("no installed keys could decrypt"),
		[]byte("remote state is encrypted"),
		[]byte("encryption is configured but"),
	}
	prefix = []byte("memberlist: ")
)

// newLogger returns it in the form that memberlist takes.
func newLogger(l *logger) *log.Logger { return log.New(l, "", 0) }

// Write takes one line.
func (l *logger) Write(p []byte) (int, error) {
	line := bytes.TrimSpace(p)
	lower := bytes.ToLower(line)
	for _, s := range undecryptable {
		if bytes.Contains(lower, s) {
			l.strangers.Add(1)
			now := time.Now().UnixNano()
			if last := l.last.Load(); (last == 0 || now-last >= int64(sayAgain)) &&
				l.last.CompareAndSwap(last, now) {
				l.log.WithField("detail",
					string(line)).
					Warn(
						"gossip that none of this node's keys decrypts: another key, or a stranger")
			}
			break
		}
	}
	if l.log.IsLevelEnabled(logrus.DebugLevel) {
		if i := bytes.Index(line, prefix); i >= 0 {
			line = line[i+len(prefix):]
		}
		l.log.WithField("part", "memberlist").Debug(string(line))
	}
	return len(p), nil
}
