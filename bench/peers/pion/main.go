// pion as one of the peers: speaks the protocol of ../README.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

type object = map[string]any

type command struct {
	Op        string  `json:"op"`
	C         int     `json:"c"`
	Size      int     `json:"size"`
	Buffer    uint64  `json:"buffer"`
	Low       uint64  `json:"low"`
	Count     int     `json:"count"`
	AtOnce    int     `json:"at_once"`
	Seconds   float64 `json:"seconds"`
	TimeoutMs float64 `json:"timeout_ms"`
	Close     bool    `json:"close"`
}

type program struct {
	api        *webrtc.API
	detached   bool
	signalling *os.File
	write      sync.Mutex
	mutex      sync.Mutex
	links      map[int]*link
	next       int
	changed    chan struct{}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (p *program) tell(line object) {
	text, _ := json.Marshal(line)
	p.write.Lock()
	defer p.write.Unlock()
	_, _ = p.signalling.Write(append(text, '\n'))
}

func (p *program) find(index int) *link {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.links[index]
}

func (p *program) add(index int, offers bool) *link {
	l := &link{program: p, index: index, offers: offers, begun: time.Now()}
	p.mutex.Lock()
	p.links[index] = l
	p.mutex.Unlock()
	return l
}

func (p *program) remove(index int) {
	p.mutex.Lock()
	l := p.links[index]
	delete(p.links, index)
	p.mutex.Unlock()
	if l != nil {
		go l.close()
	}
}

// Somebody may wait for what has happened.
func (p *program) change() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *program) listen() {
	lines := bufio.NewReaderSize(p.signalling, 1<<16)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var line signal
		if json.Unmarshal(text, &line) != nil {
			continue
		}
		switch {
		case line.Create:
			p.add(line.C, false).start()
		case line.Close:
			p.remove(line.C)
		default:
			if l := p.find(line.C); l != nil {
				l.take(line)
			}
		}
	}
}

func (p *program) execute(c command) (object, error) {
	switch c.Op {
	case "open":
		return p.open(c), nil
	case "close":
		p.mutex.Lock()
		links := p.links
		p.links = map[int]*link{}
		p.mutex.Unlock()
		for _, l := range links {
			l.close()
		}
		return object{}, nil
	}
	l := p.find(c.C)
	if l == nil {
		return nil, fmt.Errorf("there is no such connection")
	}
	switch c.Op {
	case "receive":
		l.expect(c.Size)
		return object{}, nil
	case "count":
		return l.counted(), nil
	case "send":
		l.startSending(c)
		return object{}, nil
	case "stop":
		return object{"messages": l.stopSending()}, nil
	case "echo":
		l.work.Store(echoes)
		return object{}, nil
	case "ping":
		return l.ping(c)
	}
	return nil, fmt.Errorf("there is no command %s", c.Op)
}

func (p *program) open(c command) object {
	us, totals, failures := []int64{}, []int64{}, []string{}
	waiting := map[int]*link{}
	patience := time.Duration(c.TimeoutMs * float64(time.Millisecond))
	first, start := p.next, time.Now()
	goesOn := func() bool { return p.next-first < c.Count && time.Since(start) < seconds(c.Seconds) }
	for goesOn() || len(waiting) > 0 {
		for goesOn() && len(waiting) < c.AtOnce {
			l := p.add(p.next, true)
			waiting[p.next] = l
			p.next++
			l.start()
		}
		select {
		case <-p.changed:
		case <-time.After(100 * time.Millisecond):
		}
		for index, l := range waiting {
			fromCreated, fromBegun, failure, open := l.opened()
			switch {
			case open:
				us, totals = append(us, fromCreated.Microseconds()), append(totals, fromBegun.Microseconds())
			case failure != "":
				failures = append(failures, failure)
			case time.Since(l.begun) >= patience:
				failures = append(failures, "not open in time")
			default:
				continue
			}
			delete(waiting, index)
			if c.Close || !open {
				p.tell(object{"c": index, "close": true})
				p.remove(index)
			}
		}
	}
	return object{"us": us, "total_us": totals, "failures": failures,
		"seconds": time.Since(start).Seconds(), "first": first}
}

func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "unknown"
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: peer_pion offer|answer DESCRIPTOR [--fast]")
		os.Exit(2)
	}
	descriptor, _ := strconv.Atoi(os.Args[2])
	fast := len(os.Args) > 3 && os.Args[3] == "--fast"

	p := &program{signalling: os.NewFile(uintptr(descriptor), "signalling"),
		links: map[int]*link{}, changed: make(chan struct{}, 1)}
	settings := ""
	engine := webrtc.SettingEngine{}
	if fast {
		p.detached = true
		engine.DetachDataChannels()
		engine.SetSCTPMaxReceiveBufferSize(8 << 20)
		engine.EnableSCTPZeroChecksum(true)
		engine.EnableSctpSnap(true)
		settings = "DetachDataChannels, SetSCTPMaxReceiveBufferSize(8 MiB), " +
			"EnableSCTPZeroChecksum, EnableSctpSnap"
	}
	p.api = webrtc.NewAPI(webrtc.WithSettingEngine(engine))

	out := bufio.NewWriter(os.Stdout)
	reply := func(line object) {
		text, _ := json.Marshal(line)
		_, _ = out.Write(append(text, '\n'))
		_ = out.Flush()
	}
	reply(object{"done": "ready", "stack": "pion", "settings": settings, "max_message": 65536,
		"version": version("github.com/pion/webrtc/v4") + " (sctp " +
			version("github.com/pion/sctp") + ", " + runtime.Version() + ")"})
	go p.listen()
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var c command
		if err := json.Unmarshal(commands.Bytes(), &c); err != nil {
			reply(object{"error": err.Error()})
			continue
		}
		if c.Op == "quit" {
			return
		}
		answer, err := p.execute(c)
		if err != nil {
			reply(object{"error": err.Error()})
			continue
		}
		answer["done"] = c.Op
		reply(answer)
	}
}
