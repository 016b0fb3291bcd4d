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
	// ErrGone says that the connection has ended.
	ErrGone = errors.New("http2: the connection has ended")
	// ErrTimeout says that no byte of the body came for too long. The stream goes on.
	ErrTimeout = errors.New("http2: the body did not come in time")
	// ErrStalled says that the client took nothing of the response for too long;
	// the stream was reset.
	ErrStalled = errors.New("http2: the client does not take the response")
	// ErrEnded says that the stream was ended on this side: by END_STREAM or Reset.
	ErrEnded = errors.New("http2: the stream was ended before")
)

// A StreamError is what a client did that ended one stream.
type StreamError struct {
	Code   Code
	Reason string
}

func (e *StreamError) Error() string { return "http2: " + e.Code.String() + ": " + e.Reason }

// A ConnError is what a client did that ended its connection. The reason was
// sent to it in GOAWAY.
type ConnError struct {
	Code   Code
	Reason string
}

func (e *ConnError) Error() string { return "http2: " + e.Code.String() + ": " + e.Reason }

// Made once: an attack must not cost an allocation per frame.
var (
	errPreface      = &ConnError{CodeProtocol, "the client preface is not that of HTTP/2"}
	errFirstFrame   = &ConnError{CodeProtocol, "the first frame is not SETTINGS"}
	errFrameTooLong = &ConnError{CodeFrameSize, "a frame is longer than SETTINGS_MAX_FRAME_SIZE"}
	errFrameSize    = &ConnError{CodeFrameSize, "a frame has not the length that its type has"}
	errPadding      = &ConnError{CodeProtocol, "a frame's padding is longer than the frame"}
	errStreamZero   = &ConnError{CodeProtocol, "a frame that is about a stream names none"}
	errIdleStream   = &ConnError{CodeProtocol, "a frame is about a stream that was never opened"}
	errEvenStream   = &ConnError{CodeProtocol, "a client opened a stream with an even number"}
	errOldStream    = &ConnError{CodeStreamClosed, "HEADERS for a stream that is closed"}
	errPush         = &ConnError{CodeProtocol, "a client sent PUSH_PROMISE"}
	errCompression  = &ConnError{CodeCompression, "a header block cannot be decoded"}
	errBlockBytes   = &ConnError{CodeEnhanceYourCalm, "a header block is far longer than SETTINGS_MAX_HEADER_LIST_SIZE"}
	errBlockFrames  = &ConnError{CodeEnhanceYourCalm, "a header block has too many CONTINUATION frames"}
	errConnWindow   = &ConnError{CodeFlowControl, "more DATA than the connection's window allows"}
	errWindowTop    = &ConnError{CodeFlowControl, "the connection's window grew above 2^31-1"}
	errInitialTop   = &ConnError{CodeFlowControl, "SETTINGS_INITIAL_WINDOW_SIZE moves a window above 2^31-1"}
	errWindowZero   = &ConnError{CodeProtocol, "WINDOW_UPDATE of the connection by 0"}
	errResets       = &ConnError{CodeEnhanceYourCalm, "too many streams were reset soon after they began"}
	errHeaderTime   = &ConnError{CodeEnhanceYourCalm, "a header block or the client preface did not come in time"}
	errPingAck      = &ConnError{CodeEnhanceYourCalm, "too many answers to PING frames that were not sent"}
)

var (
	errStreamWindow  = &StreamError{CodeFlowControl, "more DATA than the stream's window allows"}
	errStreamTop     = &StreamError{CodeFlowControl, "the stream's window grew above 2^31-1"}
	errStreamZeroInc = &StreamError{CodeProtocol, "WINDOW_UPDATE of a stream by 0"}
	errClosedStream  = &StreamError{CodeStreamClosed, "a frame for a stream that the client has ended"}
	errRefused       = &StreamError{CodeRefused, "more streams than SETTINGS_MAX_CONCURRENT_STREAMS"}
	errSelfDepend    = &StreamError{CodeProtocol, "a stream depends on itself"}
	errTrailerOpen   = &StreamError{CodeProtocol, "a second header block does not end the stream"}
	errLengthMore    = &StreamError{CodeProtocol, "more DATA than Content-Length says"}
	errLengthLess    = &StreamError{CodeProtocol, "less DATA than Content-Length says"}
	errUnfinished    = &StreamError{CodeInternal, "the response was not finished"}
)
