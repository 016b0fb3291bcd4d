package l4

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// peersVariable makes the test binary play the clients and the endpoint of many
// sessions instead: a process has not enough descriptors for all.
const peersVariable = "L4_TEST_PEERS"

// peers prints the address of an endpoint that sends back what comes. Then it reads
// lines: "open N ADDRESS" opens N sessions, each of which carries one message both
// ways and then waits; "close" closes them. Each line is answered when it is done.
func peers() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				// Not as a TCPConn, which would take a pipe.
				_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			}()
		}
	}()
	fmt.Println(ln.Addr())
	var open []net.Conn
	for {
		var line [3]string
		n, err := fmt.Scanln(&line[0], &line[1], &line[2])
		if n == 0 && err != nil {
			os.Exit(0) // the test has ended
		}
		switch line[0] {
		case "open":
			n, _ := strconv.Atoi(line[1])
			for range n {
				c, err := net.DialTimeout("tcp", line[2], deadline)
				if err != nil {
					panic(fmt.Sprint(len(open), " open: ", err))
				}
				_ = c.SetDeadline(time.Now().Add(6 * deadline))
				message := strings.Repeat("m", 1000)
				if _, err := io.WriteString(c, message); err != nil {
					panic(fmt.Sprint(len(open), " open: ", err))
				}
				if _, err := io.ReadFull(c, make([]byte, len(message))); err != nil {
					panic(fmt.Sprint(len(open), " open: ", err))
				}
				open = append(open, c)
			}
		case "close":
			for _, c := range open {
				c.Close()
			}
			open = nil
		}
		fmt.Println("done")
	}
}
