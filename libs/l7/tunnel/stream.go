package tunnel

import "github.com/gatewayhomebrew/gateway/libs/l7/buffers"

// A Reader is a stream of HTTP/2 that is read from. ReadBody waits for bytes, and
// with an empty p does only that.
type Reader interface {
	ReadBody(p []byte) (int, error)
}

// ReceiveStream hands what comes over a stream to send until one of them fails. It
// holds no buffer while it waits.
func ReceiveStream(s Reader, send func([]byte) error) error {
	for {
		if _, err := s.ReadBody(nil); err != nil {
			return err
		}
		if err := receiveSome(s, send); err != nil {
			return err
		}
	}
}

func receiveSome(s Reader, send func([]byte) error) error {
	block := buffers.Borrow()
	defer block.Release()
	n, err := s.ReadBody(block[:])
	if err != nil {
		return err
	}
	return send(block[:n])
}
