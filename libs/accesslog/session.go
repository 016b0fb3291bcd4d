package accesslog

import (
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// Session is what is logged of one TCP session. As with an Entry, every field is in every line, and
// ID and Client need to live only until LogSession returns.
type Session struct {
	Time     time.Time // when the connection was accepted; in UTC with milliseconds in the line
	ID       []byte    // for gateway why
	Client   []byte    // address:port
	Listener string
	Cluster  string // "" when none was found
	Endpoint string // the last that was tried; "" when none was
	// why there was no connection to it; "" where there was one, and then not written
	EndpointFailure string
	Duration        time.Duration
	BytesIn         int64 // from the client, passed on to the endpoint
	BytesOut        int64 // from the endpoint, passed on to the client
	CloseReason     string
	Cause           string // what lies behind the reason, in words; "" is not written
	// Failed says that the reason is one of those an operator looks for. Sampling treats the line
	// like that of a 5xx.
	Failed bool
}

// AppendJSON appends the session as a JSON object that leaves nothing out, without a line end, and
// allocates only if dst has to grow.
func (s *Session) AppendJSON(dst []byte) []byte { return s.appendJSON(dst, &format{}, new(clock)) }

func (s *Session) appendJSON(dst []byte, f *format, c *clock) []byte {
	dst = append(dst, `{"time":"`...)
	dst = c.append(dst, s.Time)
	dst = append(dst, `","session_id":"`...)
	dst = append(dst, s.ID...)
	dst = append(dst, `","client":"`...)
	dst = appendField(dst, f, hideClient, s.Client)
	dst = append(dst, `","listener":"`...)
	dst = jsonstr.AppendInner(dst, s.Listener)
	dst = append(dst, `","cluster":"`...)
	dst = jsonstr.AppendInner(dst, s.Cluster)
	dst = append(dst, `","endpoint":"`...)
	dst = jsonstr.AppendInner(dst, s.Endpoint)
	dst = append(dst, '"')
	dst = appendFailure(dst, s.EndpointFailure)
	dst = append(dst, `,"duration_ms":`...)
	dst = appendMillis(dst, s.Duration)
	dst = append(dst, `,"bytes_in":`...)
	dst = strconv.AppendInt(dst, s.BytesIn, 10)
	dst = append(dst, `,"bytes_out":`...)
	dst = strconv.AppendInt(dst, s.BytesOut, 10)
	dst = append(dst, `,"close_reason":"`...)
	dst = jsonstr.AppendInner(dst, s.CloseReason)
	dst = append(dst, '"')
	dst = appendCause(dst, f, s.Cause)
	return append(dst, '}')
}

// LogSession is Log for a TCP session.
func (w *Writer) LogSession(s *Session) {
	const failed, fine = 500, 0
	status := fine
	if s.Failed {
		status = failed
	}
	if !w.wants(status, 0) { // a session is no worse for its length
		return
	}
	shard := w.take()
	defer w.give(shard)
	if !shard.open() {
		return
	}
	if f := w.format.Load(); f.text {
		shard.pending = s.appendText(shard.pending, f)
	} else {
		shard.pending = s.appendJSON(shard.pending, f, &shard.clock)
	}
	shard.whole = true
}
