//go:build !linux

package gen

import "errors"

// Run needs epoll.
func Run(Config) (Result, error) { return Result{}, errors.New("the load generator needs Linux") }
