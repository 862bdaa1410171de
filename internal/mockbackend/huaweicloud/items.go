// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// list is the answer of ListApps and ListAppAuthorizations.
type list struct {
	Count int
	Items []any
}

// item is the vendor's AccountInfo on read. Twenty thousand pages of a hundred are read in one benchmark, so it writes its
// JSON by hand.
type item struct {
	account, accountType string
	domain, platformType shown
}

// shown is a value that may be left out or null on read.
type shown struct {
	how  byte // 'v' value, 'n' null, 0 left out
	text string
}

func value(text string) shown { return shown{'v', text} }

func null() shown { return shown{how: 'n'} }

func (i item) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"account":`...), i.account)
	b = i.domain.appendJSON(b, `,"domain":`)
	b = appendText(append(b, `,"account_type":`...), i.accountType)
	b = i.platformType.appendJSON(b, `,"platform_type":`)
	return append(b, '}')
}

func (s shown) appendJSON(b []byte, key string) []byte {
	switch s.how {
	case 'v':
		return appendText(append(b, key...), s.text)
	case 'n':
		return append(append(b, key...), "null"...)
	}
	return b
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	plain := func(r rune) bool { return r >= ' ' && r < utf8.RuneSelf && r != '"' && r != '\\' }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return append(b, quoted...)
}

// appendJSON appends the answer.
func (l list) appendJSON(b []byte) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"count":`...), int64(l.Count), 10)
	b = append(b, `,"items":[`...)
	for i, element := range l.Items {
		if i > 0 {
			b = append(b, ',')
		}
		if account, ok := element.(item); ok {
			b = account.appendJSON(b)
			continue
		}
		text, err := json.Marshal(element)
		if err != nil {
			return nil, err
		}
		b = append(b, text...)
	}
	return append(b, "]}"...), nil
}

// item shows a record as the switches say.
func (b *Backend) item(r record) item {
	who := b.accounts[r.id]
	out := item{accountType: Simple}
	if who.group {
		out.accountType = UserGroup
	}
	if b.switches.AccountCase == AccountCaseLowered {
		who.domain, who.name = strings.ToLower(who.domain), strings.ToLower(who.name)
	}
	out.account = b.decorate(who.name)
	out.domain = value(who.domain)
	if who.domain == localDomain {
		switch b.switches.DefaultDomain {
		case DefaultDomainOmitted:
			if r.domainLeftOut {
				out.domain = shown{}
			}
		case DefaultDomainHidden:
			out.domain = shown{}
		case DefaultDomainEmpty:
			out.domain = value("")
		case DefaultDomainNull:
			out.domain = null()
		}
	}
	how := string(b.switches.PlatformSent)
	if r.platform == platformLeftOut {
		how = string(b.switches.PlatformLeftOut)
		if how == "" {
			how = "omitted"
		}
	}
	switch how {
	case "omitted":
	case "null":
		out.platformType = null()
	case "LOCAL":
		out.platformType = value("LOCAL")
	case "empty":
		out.platformType = value("")
	default:
		out.platformType = value(platformNames[r.platform])
	}
	return out
}

// decorate shows a name in the form "account (group)" that the vendor's page speaks of.
func (b *Backend) decorate(name string) string {
	switch b.switches.AccountOnRead {
	case AccountOnReadDecorated:
		return name + "(group)"
	case AccountOnReadSpaced:
		return name + " (group)"
	}
	return name
}

func undecorate(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, "(group)"), " ")
}
