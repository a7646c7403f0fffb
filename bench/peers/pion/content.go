package main

import (
	"bytes"
	"encoding/binary"
)

// What a message holds, and the look at it where it arrives; ../README.md, "Content".
const (
	counterBytes = 8
	wholeEvery   = 16
)

type content struct{ bytes []byte }

func newContent(size int) *content {
	c := &content{make([]byte, size)}
	for i := counterBytes; i < size; i++ {
		c.bytes[i] = byte(i*131 + (i>>8)*29 + 7)
	}
	return c
}

// The message of that number; until the next call.
func (c *content) message(number uint64) []byte {
	binary.LittleEndian.PutUint64(c.bytes, number)
	return c.bytes
}

func (c *content) isMessage(message []byte, number uint64) bool {
	if len(message) != len(c.bytes) || binary.LittleEndian.Uint64(message) != number {
		return false
	}
	if number%wholeEvery == 0 {
		return bytes.Equal(message[counterBytes:], c.bytes[counterBytes:])
	}
	places := uint64(len(message) - 2*counterBytes + 1)
	at := counterBytes + number*131%places
	return bytes.Equal(message[at:at+counterBytes], c.bytes[at:at+counterBytes])
}
