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
	// uncounted leaves count out.
	uncounted bool
}

// item is the vendor's AccountInfo on read. Twenty thousand pages of a hundred are read in one
// benchmark, so it writes its JSON by hand.
type item struct {
	account                           string
	domain, accountType, platformType shown
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
	b = i.accountType.appendJSON(b, `,"account_type":`)
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
	b = append(b, '{')
	if !l.uncounted {
		b = append(strconv.AppendInt(append(b, `"count":`...), int64(l.Count), 10), ',')
	}
	b = append(b, `"items":[`...)
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
	out := item{accountType: b.switches.TypeOnRead.of(who)}
	group := b.memberOf[b.key(who)]
	if b.switches.AccountCase == AccountCaseLowered {
		who.domain, who.name = strings.ToLower(who.domain), strings.ToLower(who.name)
	}
	out.account = b.decorate(who.name, group)
	out.domain = value(b.switches.DomainForm.of(who.domain))
	if who.domain == localDomain {
		out.domain = value(localDomain)
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

// of shows the type of an account.
func (t TypeOnRead) of(who account) shown {
	text := Simple
	switch {
	case who.odd == NoType:
		return shown{}
	case who.odd != "":
		return value(who.odd)
	case who.group:
		text = UserGroup
	}
	switch {
	case t == TypeOnReadUser && text == Simple:
		return value("USER")
	case t == TypeOnReadLower:
		return value(strings.ToLower(text))
	case t == TypeOnReadOmitted:
		return shown{}
	case t == TypeOnReadNull:
		return null()
	}
	return value(text)
}

// decorate shows a name in the form "account (group)" that the vendor's page speaks of.
func (b *Backend) decorate(name, group string) string {
	switch b.switches.AccountOnRead {
	case AccountOnReadDecorated:
		return name + "(group)"
	case AccountOnReadSpaced:
		return name + " (group)"
	case AccountOnReadOwnGroup:
		if group != "" {
			return name + " (" + group + ")"
		}
	}
	return name
}

// undecorate takes off what decorate puts on. The caller holds b.mu.
func (b *Backend) undecorate(who account) account {
	switch b.switches.AccountOnRead {
	case AccountOnReadDecorated, AccountOnReadSpaced:
		who.name = strings.TrimSuffix(strings.TrimSuffix(who.name, "(group)"), " ")
	case AccountOnReadOwnGroup:
		plain := who
		if name, _, found := strings.Cut(who.name, " ("); found {
			plain.name = name
			if group := b.memberOf[b.key(plain)]; group != "" && who.name == name+" ("+group+")" {
				return plain
			}
		}
	}
	return who
}
