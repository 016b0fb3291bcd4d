package talk

import (
	"encoding/binary"
	"io"
	"net/http"
)

// maxMessage bounds a message.
const maxMessage = 8 << 20

// Calls is a gRPC service for HTTP/2: /echo.Echo/Say sends back every message of a call at once,
// /echo.Echo/Wait says nothing until the call is cancelled, and /grpc.health.v1.Health/Check says
// that it is serving.
func Calls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo.Echo/Say", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(b []byte) []byte { return b })
	})
	mux.HandleFunc("POST /echo.Echo/Wait", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /grpc.health.v1.Health/Check",
		func(w http.ResponseWriter, r *http.Request) {
			answer(w, r, func([]byte) []byte {
				return []byte{0, 0, 0, 0, 2, 8, 1}
			}) // status: SERVING
		})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		end(w, "12", "there is no such method")
	})
	return mux
}

// answer answers each message of a call as it comes. A message goes with its five bytes of framing.
func answer(w http.ResponseWriter, r *http.Request, to func([]byte) []byte) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	control := http.NewResponseController(w)
	if control.Flush() != nil {
		return
	}
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(r.Body, head); err == io.EOF {
			end(w, "0", "")
			return
		} else if err != nil {
			end(w, "13", "the call breaks off")
			return
		}
		n := binary.BigEndian.Uint32(head[1:])
		if n > maxMessage {
			end(w, "8", "the message is too long")
			return
		}
		message := append(head, make([]byte, n)...)
		if _, err := io.ReadFull(r.Body, message[5:]); err != nil {
			end(w, "13", "the call breaks off")
			return
		}
		if _, err := w.Write(to(message)); err != nil || control.Flush() != nil {
			return
		}
	}
}

func end(w http.ResponseWriter, status, text string) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Grpc-Status", status)
	if text != "" {
		w.Header().Set("Grpc-Message", text)
	}
}
