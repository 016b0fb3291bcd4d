package slowclients_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// polites is how many connections are not an attacker's: the polite client's, and the tool's probe.
const polites = 2

// A counter asks the admin endpoint each second how many clients are connected.
type counter struct {
	stop chan struct{}
	done sync.WaitGroup
	open map[int]int // by second; owned by the goroutine until done
}

func startCount(admin string) *counter {
	c := &counter{stop: make(chan struct{}), open: map[int]int{}}
	c.done.Go(func() { c.run(admin) })
	return c
}

func (c *counter) run(admin string) {
	client := &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for second := 0; ; second++ {
		if n, err := connections(client, admin); err == nil {
			c.open[second] = n
		}
		select {
		case <-tick.C:
		case <-c.stop:
			return
		}
	}
}

func connections(client *http.Client, admin string) (int, error) {
	resp, err := client.Get("http://" + admin + "/status")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var status struct {
		Listeners []struct {
			Active int `json:"active_connections"`
		} `json:"listeners"`
	}
	err = json.NewDecoder(resp.Body).Decode(&status)
	n := 0
	for _, l := range status.Listeners {
		n += l.Active
	}
	return n, err
}

// end stops counting and returns the number of open connections by second.
func (c *counter) end() map[int]int {
	close(c.stop)
	c.done.Wait()
	return c.open
}

// seenByTheGateway replaces the tool's idea of who is connected with the gateway's.
func seenByTheGateway(seconds []second, open map[int]int) []second {
	var out []second
	for _, s := range seconds {
		n, ok := open[s.at]
		if !ok {
			continue
		}
		came := s.connected + s.closed
		s.connected = min(came, max(0, n-polites))
		s.closed = came - s.connected
		out = append(out, s)
	}
	return out
}
