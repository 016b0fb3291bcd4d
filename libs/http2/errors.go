package http2

import (
	"errors"

	"golang.org/x/net/http2"
)

// Code is an error code of RFC 9113 section 7.
type Code = http2.ErrCode

// The codes a handler may need.
const (
	CodeNo              = http2.ErrCodeNo
	CodeProtocol        = http2.ErrCodeProtocol
	CodeInternal        = http2.ErrCodeInternal
	CodeFlowControl     = http2.ErrCodeFlowControl
	CodeStreamClosed    = http2.ErrCodeStreamClosed
	CodeFrameSize       = http2.ErrCodeFrameSize
	CodeRefused         = http2.ErrCodeRefusedStream
	CodeCancel          = http2.ErrCodeCancel
	CodeCompression     = http2.ErrCodeCompression
	CodeConnect         = http2.ErrCodeConnect
	CodeEnhanceYourCalm = http2.ErrCodeEnhanceYourCalm
	CodeHTTP11Required  = http2.ErrCodeHTTP11Required
)

// What the operations of a Stream end with, besides io.EOF and *StreamError.
var (
	// ErrReset says that the client reset the stream.
	ErrReset = errors.New("http2: the client reset the stream")
	// ErrHeadTooLarge says that a head is larger than the server has said it takes
	// (SETTINGS_MAX_HEADER_LIST_SIZE). Nothing of it was sent.
	ErrHeadTooLarge = errors.New("http2: the head is larger than the server takes")
	// ErrGone says that the connection has ended.
	ErrGone = errors.New("http2: the connection has ended")
	// ErrTimeout says that no head, or no byte of the body, came for too long. The
	// stream goes on.
	ErrTimeout = errors.New("http2: nothing came in time")
	// ErrStalled says that the peer took nothing of what was sent for too long; the
	// stream was reset.
	ErrStalled = errors.New("http2: the peer does not take what is sent")
	// ErrAnswered says that the peer takes no more of the request, having answered
	// it. Its response can be read.
	ErrAnswered = errors.New("http2: the server has answered and takes no more of the request")
	// errSilent ends a connection whose server does not answer.
	errSilent = errors.New("http2: the server does not answer a PING")
	// ErrEnded says that the stream was ended on this side: by END_STREAM or Reset.
	ErrEnded = errors.New("http2: the stream was ended before")
)

// A StreamError is what a peer did that ended one stream: something against the
// rules, which is Reason, or a reset with Code.
type StreamError struct {
	Code   Code
	Reason string
	// ByPeer says that the peer reset the stream; otherwise what it sent was
	// malformed, and this side did.
	ByPeer bool
}

// Error says which of both it was.
func (e *StreamError) Error() string {
	if e.ByPeer {
		return "http2: the peer reset the stream: " + e.Code.String()
	}
	return "http2: " + e.Code.String() + ": " + e.Reason
}

// A ConnError is what a peer did that ended its connection. The reason was
// sent to it in GOAWAY, or by it.
type ConnError struct {
	Code   Code
	Reason string
	// ByPeer says that it was the peer that ended the connection, with GOAWAY.
	ByPeer bool
	// Late says that a head, or the preface, did not come in time, and Large that a head is far
	// longer than allowed.
	Late, Large bool
}

// Error says who ended the connection, and why.
func (e *ConnError) Error() string {
	if e.ByPeer {
		return "http2: the peer ended the connection: " + e.Code.String() + ": " + e.Reason
	}
	return "http2: " + e.Code.String() + ": " + e.Reason
}

// Made once: an attack must not cost an allocation per frame.
var (
	errPreface = &ConnError{
		Code: CodeProtocol, Reason: "the client preface is not that of HTTP/2",
	}
	errFirstFrame   = &ConnError{Code: CodeProtocol, Reason: "the first frame is not SETTINGS"}
	errFrameTooLong = &ConnError{
		Code: CodeFrameSize, Reason: "a frame is longer than SETTINGS_MAX_FRAME_SIZE",
	}
	errFrameSize = &ConnError{
		Code: CodeFrameSize, Reason: "a frame has not the length that its type has",
	}
	errPadding = &ConnError{
		Code: CodeProtocol, Reason: "a frame's padding is longer than the frame",
	}
	errStreamZero = &ConnError{
		Code: CodeProtocol, Reason: "a frame that is about a stream names none",
	}
	errIdleStream = &ConnError{
		Code: CodeProtocol, Reason: "a frame is about a stream that was never opened",
	}
	errEvenStream = &ConnError{
		Code: CodeProtocol, Reason: "HEADERS of a stream with an even number",
	}
	errOldStream = &ConnError{
		Code: CodeStreamClosed, Reason: "HEADERS for a stream that is closed",
	}
	errPush = &ConnError{
		Code:   CodeProtocol,
		Reason: "PUSH_PROMISE, which only servers may send, where it is allowed",
	}
	errCompression = &ConnError{Code: CodeCompression, Reason: "a header block cannot be decoded"}
	errBlockBytes  = &ConnError{
		Code:   CodeEnhanceYourCalm,
		Reason: "a header block is far longer than SETTINGS_MAX_HEADER_LIST_SIZE", Large: true,
	}
	errBlockFrames = &ConnError{
		Code: CodeEnhanceYourCalm, Reason: "a header block has too many CONTINUATION frames",
		Large: true,
	}
	errConnWindow = &ConnError{
		Code: CodeFlowControl, Reason: "more DATA than the connection's window allows",
	}
	errWindowTop = &ConnError{
		Code: CodeFlowControl, Reason: "the connection's window grew above 2^31-1",
	}
	errInitialTop = &ConnError{
		Code: CodeFlowControl, Reason: "SETTINGS_INITIAL_WINDOW_SIZE moves a window above 2^31-1",
	}
	errWindowZero = &ConnError{Code: CodeProtocol, Reason: "WINDOW_UPDATE of the connection by 0"}
	errResets     = &ConnError{
		Code: CodeEnhanceYourCalm, Reason: "too many streams were reset soon after they began",
	}
	errHeaderTime = &ConnError{
		Code:   CodeEnhanceYourCalm,
		Reason: "a header block or the client preface did not come in time", Late: true,
	}
	errLastStream = &ConnError{
		Code: CodeProtocol, Reason: "GOAWAY with a higher last stream than before",
	}
	errConnectBack = &ConnError{
		Code: CodeProtocol, Reason: "SETTINGS_ENABLE_CONNECT_PROTOCOL was taken back",
	}
	errPingAck = &ConnError{
		Code: CodeEnhanceYourCalm, Reason: "too many answers to PING frames that were not sent",
	}
)

// What the first bytes of a server say that does not speak HTTP/2.
var (
	// ErrSpeaksHTTP1 is a server that answers in HTTP/1.
	ErrSpeaksHTTP1 = &ConnError{
		Code:   CodeProtocol,
		Reason: "the server does not speak HTTP/2: it answers in HTTP/1.1",
	}
	// ErrSpeaksTLS is a server that answers with a record of TLS, where none is spoken.
	ErrSpeaksTLS = &ConnError{
		Code: CodeProtocol, Reason: "the server does not speak HTTP/2 in clear text: it speaks TLS",
	}
)

// resets are the errors of RST_STREAM with the codes that are known.
var resets = func() (t [CodeHTTP11Required + 1]*StreamError) {
	for code := range t {
		t[code] = &StreamError{Code: Code(code), ByPeer: true}
	}
	return t
}()

// resetByPeer is the error of a stream that the peer has reset.
func resetByPeer(code Code) *StreamError {
	if int64(code) < int64(len(resets)) {
		return resets[code]
	}
	return &StreamError{Code: code, ByPeer: true}
}

var (
	errStreamWindow = &StreamError{
		Code: CodeFlowControl, Reason: "more DATA than the stream's window allows",
	}
	errStreamTop = &StreamError{
		Code: CodeFlowControl, Reason: "the stream's window grew above 2^31-1",
	}
	errStreamZeroInc = &StreamError{Code: CodeProtocol, Reason: "WINDOW_UPDATE of a stream by 0"}
	errClosedStream  = &StreamError{
		Code: CodeStreamClosed, Reason: "a frame for a stream that its sender has ended",
	}
	errRefused = &StreamError{
		Code: CodeRefused, Reason: "more streams than SETTINGS_MAX_CONCURRENT_STREAMS",
	}
	errSelfDepend  = &StreamError{Code: CodeProtocol, Reason: "a stream depends on itself"}
	errTrailerOpen = &StreamError{
		Code: CodeProtocol, Reason: "a second header block does not end the stream",
	}
	errTrailerLarge = &StreamError{
		Code: CodeEnhanceYourCalm, Reason: "the trailer section is longer than allowed",
	}
	errLengthMore = &StreamError{
		Code: CodeProtocol, Reason: "more DATA than Content-Length says",
	}
	errLengthLess = &StreamError{
		Code: CodeProtocol, Reason: "less DATA than Content-Length says",
	}
	errHeadLarge = &StreamError{
		Code: CodeEnhanceYourCalm, Reason: "the head is longer than allowed",
	}
	errInterims = &StreamError{
		Code: CodeEnhanceYourCalm, Reason: "too many interim heads at once",
	}
	errDataFirst  = &StreamError{Code: CodeProtocol, Reason: "DATA before a head"}
	errUnfinished = &StreamError{Code: CodeInternal, Reason: "the response was not finished"}
)
