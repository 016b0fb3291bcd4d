package upstream_test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestDbg(t *testing.T) {
	for i := range 300 {
		address, accepted := listen(t)
		_, e, _ := cluster(t, address, upstream.Options{})
		go func() {
			peer := <-accepted
			n, err := peer.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = n
			if err != nil {
				println("write", err.Error())
			}
			<-time.After(2 * time.Second)
			_ = peer.LocalAddr()
		}()
		tm := time.AfterFunc(1500*time.Millisecond, func() {
			out, _ := exec.Command("cat", "/proc/net/tcp").CombinedOutput()
			println(i, address, string(out))
		})
		_, err := e.Open(t.Context(), deadline, stay)
		tm.Stop()
		if err == nil {
			t.Fatal("?")
		}
	}
}
