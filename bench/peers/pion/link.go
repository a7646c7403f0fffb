package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

// A line between the two sides.
type signal struct {
	C           int                        `json:"c"`
	Create      bool                       `json:"create"`
	Created     bool                       `json:"created"`
	Open        bool                       `json:"open"`
	Close       bool                       `json:"close"`
	Description *webrtc.SessionDescription `json:"description"`
	Candidate   *webrtc.ICECandidateInit   `json:"candidate"`
}

const (
	nothing int32 = iota
	receives
	sends
	echoes
	pings
)

// One connection: its place in the signalling, and its share of the work.
type link struct {
	program *program
	index   int
	offers  bool

	// Of the goroutine that reads the signalling.
	early          []webrtc.ICECandidateInit
	hasDescription bool

	mutex                               sync.Mutex // of what follows, up to the next empty line
	connection                          *webrtc.PeerConnection
	channel                             *webrtc.DataChannel
	raw                                 io.ReadWriteCloser // when channels are detached
	ownOpen, peerOpen, isOpen, peerMade bool
	failure                             string
	begun, bothCreated, bothOpen        time.Time

	work            atomic.Int32
	content         *content
	received, bad   atomic.Uint64
	firstBad        atomic.Uint64
	size            int
	isSending       atomic.Bool
	sent            uint64
	low, senderDone chan struct{}

	roundTrips       []float64
	pingsWanted      int
	pingSent, pingTo time.Time
	pinged           chan struct{}
}

func (l *link) fail(err error) {
	if err == nil {
		return
	}
	l.mutex.Lock()
	if l.failure == "" {
		l.failure = err.Error()
	}
	l.mutex.Unlock()
	l.program.change()
}

func (l *link) tell(line object) {
	line["c"] = l.index
	l.program.tell(line)
}

// ---- connecting

func (l *link) start() {
	if l.offers {
		l.tell(object{"create": true})
	}
	connection, err := l.program.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		l.fail(err)
		return
	}
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate != nil {
			l.tell(object{"candidate": candidate.ToJSON()})
		}
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed {
			l.fail(fmt.Errorf("the connection failed"))
		}
	})
	connection.OnDataChannel(l.setChannel)
	l.mutex.Lock()
	l.connection = connection
	both := l.peerMade
	l.mutex.Unlock()
	if !l.offers {
		l.tell(object{"created": true})
	} else if both {
		l.fail(l.offer())
	}
}

func (l *link) offer() error {
	l.mutex.Lock()
	l.bothCreated = time.Now()
	l.mutex.Unlock()
	channel, err := l.connection.CreateDataChannel("bench", nil)
	if err != nil {
		return err
	}
	l.setChannel(channel)
	offer, err := l.connection.CreateOffer(nil)
	if err != nil {
		return err
	}
	return l.describe(offer)
}

func (l *link) describe(description webrtc.SessionDescription) error {
	// First of all ours: the answer may be back sooner than that call. The peer keeps candidates
	// that come before their description.
	if err := l.connection.SetLocalDescription(description); err != nil {
		return err
	}
	l.tell(object{"description": description})
	return nil
}

func (l *link) setChannel(channel *webrtc.DataChannel) {
	l.mutex.Lock()
	l.channel = channel
	l.mutex.Unlock()
	if !l.program.detached {
		channel.OnMessage(func(message webrtc.DataChannelMessage) { l.message(message.Data) })
	}
	channel.OnOpen(func() {
		if l.program.detached {
			raw, err := channel.Detach()
			if err != nil {
				l.fail(err)
				return
			}
			l.mutex.Lock()
			l.raw = raw
			l.mutex.Unlock()
			go l.read(raw)
		}
		if !l.offers {
			l.tell(object{"open": true})
		}
		l.mutex.Lock()
		l.ownOpen = true
		l.mutex.Unlock()
		l.lookWhetherOpen()
	})
}

func (l *link) read(raw io.Reader) {
	buffer := make([]byte, 1<<17)
	for {
		n, err := raw.Read(buffer)
		if err != nil {
			return
		}
		l.message(buffer[:n])
	}
}

func (l *link) take(line signal) {
	switch {
	case line.Created:
		l.mutex.Lock()
		l.peerMade = true
		both := l.connection != nil
		l.mutex.Unlock()
		if both {
			l.fail(l.offer())
		}
	case line.Description != nil:
		l.fail(l.takeDescription(*line.Description))
	case line.Candidate != nil:
		if !l.hasDescription {
			l.early = append(l.early, *line.Candidate)
			return
		}
		l.fail(l.connection.AddICECandidate(*line.Candidate))
	case line.Open:
		l.mutex.Lock()
		l.peerOpen = true
		l.mutex.Unlock()
		l.lookWhetherOpen()
	}
}

func (l *link) takeDescription(description webrtc.SessionDescription) error {
	if err := l.connection.SetRemoteDescription(description); err != nil {
		return err
	}
	l.hasDescription = true
	for _, candidate := range l.early {
		if err := l.connection.AddICECandidate(candidate); err != nil {
			return err
		}
	}
	l.early = nil
	if description.Type != webrtc.SDPTypeOffer {
		return nil
	}
	answer, err := l.connection.CreateAnswer(nil)
	if err != nil {
		return err
	}
	return l.describe(answer)
}

func (l *link) lookWhetherOpen() {
	l.mutex.Lock()
	open := l.ownOpen && (!l.offers || l.peerOpen)
	if open {
		l.bothOpen = time.Now()
		l.isOpen = true
	}
	l.mutex.Unlock()
	if open {
		l.program.change()
	}
}

func (l *link) opened() (time.Duration, time.Duration, string, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.bothOpen.Sub(l.bothCreated), l.bothOpen.Sub(l.begun), l.failure, l.isOpen
}

func (l *link) close() {
	l.isSending.Store(false)
	if l.connection != nil {
		_ = l.connection.Close()
	}
}

// ---- receiving

func (l *link) expect(size int) {
	l.content, l.size = newContent(size), size
	l.received.Store(0)
	l.bad.Store(0)
	l.work.Store(receives)
}

var begin = time.Now()

func (l *link) counted() object {
	received := l.received.Load()
	return object{"us": float64(time.Since(begin).Nanoseconds()) / 1000, "messages": received,
		"bytes": received * uint64(l.size), "bad": l.bad.Load(), "first_bad": l.firstBad.Load()}
}

func (l *link) message(message []byte) {
	switch l.work.Load() {
	case receives:
		number := l.received.Load()
		if !l.content.isMessage(message, number) && l.bad.Add(1) == 1 {
			l.firstBad.Store(number)
		}
		l.received.Store(number + 1)
	case echoes:
		l.fail(l.send(message))
	case pings:
		l.takePong(message)
	default:
		l.bad.Add(1)
	}
}

// ---- sending

func (l *link) send(message []byte) error {
	if l.raw != nil {
		_, err := l.raw.Write(message)
		return err
	}
	return l.channel.Send(message)
}

func (l *link) startSending(c command) {
	l.content, l.sent = newContent(c.Size), 0
	l.low, l.senderDone = make(chan struct{}, 1), make(chan struct{})
	l.channel.SetBufferedAmountLowThreshold(c.Low)
	l.channel.OnBufferedAmountLow(func() {
		select {
		case l.low <- struct{}{}:
		default:
		}
	})
	l.work.Store(sends)
	l.isSending.Store(true)
	go func() {
		defer close(l.senderDone)
		for l.isSending.Load() {
			if l.channel.BufferedAmount()+uint64(c.Size) > c.Buffer {
				select {
				case <-l.low:
				case <-time.After(100 * time.Millisecond):
				}
				continue
			}
			if err := l.send(l.content.message(l.sent)); err != nil {
				l.fail(err)
				return
			}
			l.sent++
		}
	}()
}

func (l *link) stopSending() uint64 {
	l.isSending.Store(false)
	<-l.senderDone
	return l.sent
}

// ---- round trips

func (l *link) ping(c command) (object, error) {
	l.content = newContent(c.Size)
	l.roundTrips, l.pingsWanted = make([]float64, 0, c.Count), c.Count
	l.bad.Store(0)
	l.pinged = make(chan struct{})
	l.pingTo = time.Now().Add(seconds(c.Seconds))
	l.work.Store(pings)
	l.sendPing()
	select {
	case <-l.pinged:
		return object{"us": l.roundTrips, "bad": l.bad.Load()}, nil
	case <-time.After(seconds(c.Seconds) + 10*time.Second):
		return nil, fmt.Errorf("a ping was not answered")
	}
}

func (l *link) sendPing() {
	l.pingSent = time.Now()
	l.fail(l.send(l.content.message(uint64(len(l.roundTrips)))))
}

func (l *link) takePong(message []byte) {
	now := time.Now()
	if !l.content.isMessage(message, uint64(len(l.roundTrips))) {
		l.bad.Add(1)
	}
	l.roundTrips = append(l.roundTrips, float64(now.Sub(l.pingSent).Nanoseconds()/100)/10)
	if len(l.roundTrips) < l.pingsWanted && now.Before(l.pingTo) {
		l.sendPing()
		return
	}
	l.work.Store(nothing)
	close(l.pinged)
}
