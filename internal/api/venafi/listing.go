// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// maxListing is the longest answer of ListRoles, about two million roles. It is decoded as it arrives.
const maxListing = 256 << 20

// maxElement is how much of an answer may come between the ends of two roles, and is held at once: a role takes some 120 bytes.
const maxElement = 1 << 20

var errElementLength = errors.New("an element is too long")

// leash ends an answer of which more has to be held than maxElement.
type leash struct {
	io.Reader

	left int
}

func (l *leash) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errElementLength
	}
	n, err := l.Reader.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// roles is one answer of ListRoles. It doesn't change.
type roles struct {
	started time.Time // when it was asked for
	grants  map[Key]Grant
	// byGrantee and byHolding find the grants of one grantee, and of one role on one application.
	byGrantee map[string][]Key
	byHolding map[holding][]Key
}

// holding is what grantees hold: a role, on an application or on everything.
type holding struct {
	role        Role
	application string
}

func (k Key) holding() holding { return holding{k.role, k.application} }

func newRoles() *roles {
	return &roles{grants: map[Key]Grant{}, byGrantee: map[string][]Key{}, byHolding: map[holding][]Key{}}
}

func (r *roles) add(g Grant) {
	if !g.Role.OfApplication() {
		g.ApplicationID = ""
	}
	key := g.Key()
	if _, ok := r.grants[key]; ok {
		return
	}
	r.grants[key] = g
	r.byGrantee[key.grantee] = append(r.byGrantee[key.grantee], key)
	r.byHolding[key.holding()] = append(r.byHolding[key.holding()], key)
}

// listRoles asks for all roles that the caller may see (vendor page "POST OAuth/ListRoles"). The service has neither a filter
// nor pages.
func (c *Client) listRoles(ctx context.Context, _ shared.Moment) (*roles, error) {
	var listed *roles
	started := time.Now()
	err := c.call(ctx, c.api, rest.Request{
		Operation: "ListRoles",
		Method:    http.MethodPost,
		Path:      "/vedsdk/oauth/listroles",
		Body:      struct{}{},
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			listed = &roles{
				started: started,
				grants:  map[Key]Grant{}, byGrantee: map[string][]Key{}, byHolding: map[holding][]Key{},
			}
			return decodeRoles(body, listed.add)
		},
		MaxBodyBytes: maxListing,
	})
	if err != nil {
		return nil, err
	}
	return listed, nil
}

// listedRole is one element of Roles. A role of the whole installation has no ApplicationId, or null.
type listedRole struct {
	Grantee       text   `json:"Grantee"`
	Role          number `json:"Role"`
	ApplicationID text   `json:"ApplicationId"`
}

// decodeRoles reads {"Result":0,"Success":true,"Roles":[…]} with its keys in any order, without holding all of it. What was
// yielded counts only if there is no error.
func decodeRoles(body io.Reader, yield func(Grant)) error {
	const window = 512
	leash := &leash{Reader: body, left: maxElement}
	reader := bufio.NewReaderSize(transform.NewReader(leash, encoding.UTF8Validator), 64<<10)
	start, _ := reader.Peek(window)
	start = bytes.Clone(start)
	if trimmed := bytes.TrimSpace(start); len(trimmed) == 0 || trimmed[0] != '{' {
		// A page for people, nothing at all, or JSON of another shape.
		all, _ := io.ReadAll(io.LimitReader(reader, 64<<10))
		var e envelope
		if err := rest.UnmarshalJSON(all, &e); err != nil {
			return err
		}
		return e.failure()
	}
	d := &rolesDecoder{Decoder: json.NewDecoder(reader), leash: leash, yield: yield}
	e, err := d.object()
	if err != nil {
		switch {
		case errors.Is(err, encoding.ErrInvalidUTF8):
			return rest.NotUTF8()
		case errors.Is(err, errElementLength):
			return &rest.Error{Message: fmt.Sprintf("answered JSON in which one element is longer than %d bytes", maxElement)}
		}
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || errors.Is(err, errRolesShape) {
			return &rest.Error{Message: "answered JSON of an unexpected shape", Err: err}
		}
		return &rest.Error{Message: "answered JSON that is cut off or damaged", Transient: true, Err: err}
	}
	return e.failure()
}

// rolesDecoder reads an answer of ListRoles.
type rolesDecoder struct {
	*json.Decoder

	leash *leash
	yield func(Grant)
}

func (d *rolesDecoder) object() (*envelope, error) {
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, err
	}
	e := &envelope{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		switch strings.ToLower(key) {
		case "success":
			err = d.Decode(&e.Success)
		case "result":
			err = d.Decode(&e.Result)
		case "error":
			err = d.Decode(&e.Error)
		case "roles":
			err = d.array()
		default:
			err = d.Decode(new(json.RawMessage))
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the end")
	}
	return e, nil
}

var errRolesShape = errors.New("Roles is no list")

func (d *rolesDecoder) array() error {
	token, err := d.Token()
	switch {
	case err != nil:
		return err
	case token == nil: // null
		return nil
	case token != json.Delim('['):
		return errRolesShape
	}
	for d.More() {
		var listed listedRole
		if err := d.Decode(&listed); err != nil {
			return err
		}
		d.leash.left = maxElement
		role, ok := listed.Role.value()
		if !ok || listed.Grantee == "" {
			continue // nobody can be meant by it
		}
		d.yield(Grant{Grantee: string(listed.Grantee), Role: Role(role), ApplicationID: string(listed.ApplicationID)})
	}
	_, err = d.Token()
	return err
}
