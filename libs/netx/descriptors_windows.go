package netx

import "syscall"

// handles is how many sockets a process of Windows is taken to have. The system has no limit that
// a process can ask for; the memory for them ends first.
const handles = 1 << 16

// Allowed returns what is reckoned with: Windows limits the handles of a process to some millions.
func Allowed() Descriptors { return Descriptors{Limit: handles} }

// reserved is always false: a handle's number says nothing about how many there are.
func (d Descriptors) reserved(int) bool { return false }

// PlaceOf is always Free: there is no reserve.
func PlaceOf(syscall.Conn) Place { return Free }

// Scarce is always false.
func Scarce() bool { return false }
