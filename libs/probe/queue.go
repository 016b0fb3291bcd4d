package probe

import "container/heap"

// queue is the checks that wait, the one that is due first in front. It is a
// heap.Interface.
type queue []*check

// Len, Less, Swap, Push and Pop are container/heap's.
func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *queue) Push(x any) {
	c := x.(*check)
	c.place = len(*q)
	*q = append(*q, c)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	c.place = -1
	return c
}

func (q *queue) add(c *check)    { heap.Push(q, c) }
func (q *queue) take() *check    { return heap.Pop(q).(*check) }
func (q *queue) remove(c *check) { heap.Remove(q, c.place) }
func (q *queue) moved(c *check)  { heap.Fix(q, c.place) }
