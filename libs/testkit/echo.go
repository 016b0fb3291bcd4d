package testkit

import "io"

// Echo sends back whatever comes until the gateway ends the connection, and returns the error that
// it ended with.
func (c *Conn) Echo() error {
	_, err := io.Copy(c.tcp, c.br)
	return err
}
