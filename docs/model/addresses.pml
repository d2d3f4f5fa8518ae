/* Addresses: whom one leads to while it changes hands, and what a reset forgets there.
 *
 * Read it beside docs/identity.md (rules 3, 6, 8 and 9); README.md says what is left out. People
 * have numbers and no BSUID. A person moves, WhatsApp tells the move when it will, messages arrive
 * in any order, and a person who came to a number writes from it. What a bot answers from was loaded
 * in an earlier step; its memory is in memory.pml. The names are those of the functions in sql/.
 * Times are the sender's; each thing that happens has its own. -DNO_… takes a guard away,
 * -DMENDED_… mends what README.md tells of.
 */

#define all_told(p) ((!moves || WHO(0) != (p) || told[0]) && \
  (moves < 2 || WHO(1) != (p) || told[MOVES - 1]))

#define bit(n) (1 << (n))
#define has(set, n) (((set) >> (n)) & 1)
#define FOREVER 255

#define ALICE 0
#define BOB 1

/* Who moves from where to where, in this order. */
#ifndef MOVES
#define MOVES 1
#endif
#define WHO(e) ((MOVERS >> (e)) & 1)
#define FROM(e) ((FROMS >> (2 * (e))) & 3)
#define TO(e) ((TOS >> (2 * (e))) & 3)
#define NOWHERE 3          /* before the first move */

/* ---- The database: a client is its incarnation + 1; its id is where it is met --------------- */

typedef Client {
  bool exists;
  byte revision;
  byte context;            /* the messages it was made from */
  byte began;              /* "beganAt", sender's time */
  byte created;            /* "createdAt" */
};
Client client[LIVES];
typedef Held { byte since; byte until };            /* until 0: no row */
typedef Former { Held of_client[LIVES] };
byte leads[ADDRESSES];     /* "Alias": the client, + 1; 0: none */
byte since[ADDRESSES];
Former former[ADDRESSES];  /* "FormerAlias" */
typedef Mark { byte at; byte since };               /* at 0: no row */
typedef Marks { Mark til[MOVES + 1] };              /* "Forgotten", by what `until` is: */
Marks mark[ADDRESSES];     /* 0: for ever; e + 1: the time of move e */
typedef Kept { bool is_kept; byte source; byte target; bool ambiguous; byte until };
Kept kept[MOVES];          /* "IdentityEvent"; source and target + 1; until 0: NULL */
byte stored_in[MESSAGES];  /* "Conversation": the client, + 1 */
byte place[MESSAGES];      /* its id */
bool seen[MESSAGES];       /* "Delivery" */
byte lives, drawn, places;

/* ---- The world ------------------------------------------------------------------------------ */

byte now = 1;
byte lives_at[2];          /* the number that a person has */
byte moves, messages, resets;
byte moved_at[MOVES];
bool told[MOVES];
byte author[MESSAGES], number[MESSAGES], written[MESSAGES];
byte deliveries[MESSAGES];

/* ---- What only the properties look at ------------------------------------------------------- */

byte forgotten;            /* the messages that resets have promised to forget */
byte reset_at[2];          /* when a client of this person was reset last */
bool answered[MESSAGES];
bool disturbed[TURNS];     /* another transaction wrote since this turn was last stale */

#ifndef ONLY
#define ONLY 0             /* or the one property that is checked */
#endif
#define property(n, holds) \
  if \
  :: (ONLY && ONLY != n) || (holds) -> skip \
  :: else -> printf("property P%d broken\n", n); assert(false) \
  fi

#ifdef BREADTH_FIRST       /* which Spin refuses for hidden variables */
#define hidden
#endif
hidden byte e, f, g, c, i, a, best, owner, source, target, doomed, parted, first, hit, awaited;
hidden byte reset_time, reset_when, onward, own, until_move, moving, led_to, last, linked, turn_of, k;
hidden byte from_gone, to_gone, dropped, deleted, was;
hidden byte standing, decision, outcome, result;
mtype = { present, formerly, unknown, past, unowned, known, late, new, move_there, lost };
mtype = { none, stale, committed, refused, merged };

/* ---- Watermarks and resets (sql/watermarks.sql, sql/resets.sql, sql/kept_events.sql) -------- */

#define later(p, q) ((p) > (q) -> (p) : (q))
#define earlier(p, q) ((p) < (q) -> (p) : (q))

/* "Forgotten": `until` is 0 for ever, else a move, + 1. */
inline set_mark(x, which, then, when) {
  mark[x].til[which].since =
    (mark[x].til[which].at -> earlier(mark[x].til[which].since, then) : then);
  mark[x].til[which].at = later(mark[x].til[which].at, when)
}

#define time_of(which) ((which) -> moved_at[(which) - 1] : FOREVER)
/* The move at this time, + 1. */
inline find_move(time, into) {
  into = 0;
  for (f : 0 .. MOVES - 1) {
    if
    :: time && moved_at[f] == time -> into = f + 1
    :: else
    fi
  }
}

inline drop_event(e) {
  kept[e].is_kept = false; kept[e].source = 0; kept[e].target = 0;
  kept[e].ambiguous = false; kept[e].until = 0
}

/* drop_identity_events: the kept moves of deleted clients, and of who had their addresses then. The
 * client at the other side is the same person. */
inline drop_events() {
  from_gone = 0; to_gone = 0; dropped = 0;
  for (g : 0 .. MOVES - 1) {
    if
    :: kept[g].is_kept ->
       a = FROM(g); i = TO(g);
       for (f : 0 .. MOVES) {            /* by the watermarks that are new */
         last = time_of(f);
         if
         :: mark[a].til[f].at == now &&
            mark[a].til[f].since < moved_at[g] && moved_at[g] <= last ->
            from_gone = from_gone | bit(g)
         :: else
         fi;
         if
         :: mark[i].til[f].at == now &&
            mark[i].til[f].since <= moved_at[g] && moved_at[g] < last -> to_gone = to_gone | bit(g)
         :: else
         fi
       };
       if
       :: kept[g].source && has(deleted, kept[g].source - 1) -> from_gone = from_gone | bit(g)
       :: else
       fi;
       if
       :: kept[g].target && !kept[g].ambiguous && has(deleted, kept[g].target - 1) ->
          to_gone = to_gone | bit(g)
       :: else
       fi;
       if
       :: has(from_gone | to_gone, g) || (kept[g].target && has(deleted, kept[g].target - 1)) ->
          dropped = dropped | bit(g)
       :: else
       fi
    :: else
    fi
  };
  for (g : 0 .. MOVES - 1) {
    if
    :: has(dropped, g) ->
       find_move(kept[g].until, first);
       set_mark(TO(g), first, moved_at[g], now);
       if
       :: has(from_gone | to_gone, g) -> set_mark(FROM(g), g + 1, 0, now)
       :: else
       fi;
       doomed = doomed | (has(to_gone, g) && kept[g].source -> bit(kept[g].source - 1) : 0) |
         (has(from_gone, g) && !kept[g].ambiguous && kept[g].target -> bit(kept[g].target - 1) : 0);
       drop_event(g)
    :: else
    fi
  }
}

/* The sender's time from which an address can have a new owner. */
inline since_of(x, into) {
  into = 0;
  for (i : 0 .. LIVES - 1) { into = later(into, former[x].of_client[i].until) }
}

inline free_since(x, into) {
  since_of(x, into);
  for (f : 0 .. MOVES - 1) {
    into = (kept[f].is_kept && FROM(f) == x -> later(into, moved_at[f]) : into)
  }
}

/* Ghost: whose client this is, and what is forgotten with it. Where a move of theirs was told, of
 * both numbers; where it was not, of those that led here. */
inline note_forgotten(c) {
  forgotten = forgotten | client[c].context;
  for (i : 0 .. MESSAGES - 1) {
    if
    :: stored_in[i] == c + 1 -> reset_at[author[i]] = later(reset_at[author[i]], reset_time)
    :: else
    fi
  };
  for (i : 0 .. MESSAGES - 1) {
    if
    :: written[i] && written[i] < reset_time &&
       ((leads[number[i]] == c + 1 && since[number[i]] <= written[i]) ||
        (former[number[i]].of_client[c].since <= written[i] && written[i] < former[number[i]].of_client[c].until)) ->
       forgotten = forgotten | bit(i)
    :: else
    fi
  };
  note_told()
}

/* A person of whom a client was reset, and whose moves are told: all that they wrote before. */
inline note_told() {
  for (i : 0 .. MESSAGES - 1) {
    if
    :: written[i] && written[i] < reset_at[author[i]] && all_told(author[i]) ->
       forgotten = forgotten | bit(i)
    :: else
    fi
  }
}

/* DELETE FROM "User": of these clients, and of those who are found to be the same people. */
inline reset_clients() {               /* doomed; hit: of these people; reset_time: as of when */
  deleted = 0; was = false;
#ifdef NO_DELIVERIES
  for (i : 0 .. MESSAGES - 1) { seen[i] = false };
#endif
  do
  :: doomed ->
     c = 0;
     do
     :: has(doomed, c) -> break
     :: else -> c++
     od;
     doomed = doomed & ~bit(c);
     if
     :: client[c].exists ->
#ifdef SPARES
        for (i : 0 .. MESSAGES - 1) {
          property(7, stored_in[i] != c + 1 || has(hit, author[i]))
        };
#endif
        note_forgotten(c);
        deleted = deleted | bit(c); was = false;
        client[c].exists = false; client[c].context = 0; client[c].revision = 0;
        client[c].began = 0; client[c].created = 0;
        for (a : 0 .. ADDRESSES - 1) {
          if
#ifdef NO_MARK_OF_FORMER
          :: former[a].of_client[c].until && (!leads[a] || leads[a] == c + 1) ->
#else
          :: former[a].of_client[c].until ->
#endif
             find_move(former[a].of_client[c].until, first);
#ifdef NO_SPAN_OF_WATERMARK
             set_mark(a, 0, 0, now);
#else
             set_mark(a, first, former[a].of_client[c].since, now);
#endif
             former[a].of_client[c].since = 0; former[a].of_client[c].until = 0
          :: else -> former[a].of_client[c].since = 0; former[a].of_client[c].until = 0
          fi
        };
        for (a : 0 .. ADDRESSES - 1) {
          if
          :: leads[a] == c + 1 ->
             /* Deleted with its client; once more as the address of its id (reset_deleted). */
             leads[a] = 0; best = since[a]; since[a] = 0;
             free_since(a, first);
             best = earlier(best, first);
             set_mark(a, 0, best, now);
             first = 0
          :: else
          fi
        };
        for (i : 0 .. MESSAGES - 1) {
          stored_in[i] = (stored_in[i] == c + 1 -> 0 : stored_in[i]);
          place[i] = (stored_in[i] -> place[i] : 0)
        }
     :: else
     fi
  :: !doomed && !was ->
     drop_events();
     was = true
  :: !doomed && was -> break
  od
}

/* ---- Who has an address (sql/identity.sql, sql/owners.sql) ---------------------------------- */

/* The first time after `at` from which, as a kept change says, another person has this number. */
inline awaited_since(x, at) {
  awaited = 0;
  for (f : 0 .. MOVES - 1) {
    if
    :: kept[f].is_kept && moved_at[f] > at && TO(f) == x && (!awaited || moved_at[f] < awaited) ->
       first = false;
       for (i : 0 .. MOVES - 1) {
         first = first || (i != f && kept[i].is_kept && FROM(i) == x &&
           at <= moved_at[i] && moved_at[i] <= moved_at[f])
       };
       awaited = (first -> awaited : moved_at[f])
    :: else
    fi
  }
}

inline owner_at(x, at) {                 /* owner: + 1 */
  owner = 0; best = FOREVER;
#ifdef NO_TIME_OF_OWNER
  if
  :: leads[x] -> owner = leads[x]; standing = present
#else
  if
  :: leads[x] && since[x] <= at -> owner = leads[x]; standing = present
#endif
  :: else ->
     for (i : 0 .. LIVES - 1) {
       if
       :: former[x].of_client[i].since <= at && at < former[x].of_client[i].until &&
          former[x].of_client[i].until < best -> owner = i + 1; best = former[x].of_client[i].until
       :: else
       fi
     };
     awaited_since(x, at);
     standing = (owner -> formerly : (leads[x] -> unowned : (awaited -> past : unknown)))
  fi
}

#ifdef NO_TIME_OF_LEAVING
#define still_to_leave(e) (FROM(e) != TO(e) && leads[FROM(e)] == kept[e].source)
#else
#define had_before(x, c, at) (former[x].of_client[(c) - 1].until && \
  former[x].of_client[(c) - 1].since <= (at) && (at) <= former[x].of_client[(c) - 1].until)
#define still_to_leave(e) (FROM(e) != TO(e) && leads[FROM(e)] == kept[e].source && \
  (since[FROM(e)] <= moved_at[e] || !had_before(FROM(e), kept[e].source, moved_at[e])))
#endif

/* find_writer: owner (+ 1; 0: not known yet), decision, and the kept move that says so. */
inline find_writer(x, at) {
  owner_at(x, at);
  moving = 0;
  if
  :: standing == unknown ->
     for (e : 0 .. MOVES - 1) {
       if
       :: kept[e].is_kept && kept[e].source && !kept[e].ambiguous && TO(e) == x &&
          moved_at[e] <= at && (!kept[e].until || at < kept[e].until) && !still_to_leave(e) &&
          (!moving || moved_at[e] > moved_at[moving - 1]) -> moving = e + 1
       :: else
       fi
     }
  :: else
  fi;
  owner = (moving -> kept[moving - 1].source : owner);
  decision = (moving -> move_there : (standing == present -> known : (standing == formerly -> late :
    (standing == unowned -> lost : (standing == past -> past : new)))))
}

inline disturb(but) {
  for (i : 0 .. TURNS - 1) { disturbed[i] = disturbed[i] || i != (but) }
}

inline renew(c) { drawn++; client[c].revision = drawn }

/* give_up: one address, from a sender's time on. */
inline give_up(c, x, at) {
  if
  :: leads[x] == c + 1 ->
     former[x].of_client[c].since = since[x];
     former[x].of_client[c].until = later(since[x], at);
     leads[x] = 0; since[x] = 0;
     renew(c)                            /* settle_id: it has another id by now */
  :: else
  fi
}

inline add_client(x, at, since_then) {
  assert(lives < LIVES);
  owner = lives + 1; lives++; now++;
  client[owner - 1].exists = true; client[owner - 1].began = at; client[owner - 1].created = now;
  client[owner - 1].context = 0;
  leads[x] = owner; since[x] = since_then;
  renew(owner - 1)
}

inline move_client(c, e) {
  for (a : 0 .. ADDRESSES - 1) {
    if
    :: a != TO(e) && leads[a] == c + 1 && (a == FROM(e) || since[a] <= moved_at[e]) ->
       give_up(c, a, moved_at[e])
    :: else
    fi
  };
  if
  :: FROM(e) != TO(e) && former[FROM(e)].of_client[c].until > moved_at[e] &&
     former[FROM(e)].of_client[c].since <= moved_at[e] ->
     former[FROM(e)].of_client[c].until = moved_at[e]
  :: else
  fi;
  if
  :: !leads[TO(e)] && former[TO(e)].of_client[c].until <= moved_at[e] ->
     leads[TO(e)] = c + 1; since[TO(e)] = moved_at[e]; renew(c)
  :: leads[TO(e)] == c + 1 && since[TO(e)] < moved_at[e] -> since[TO(e)] = moved_at[e]
  :: leads[TO(e)] && leads[TO(e)] != c + 1 && since[TO(e)] > moved_at[e] ->
     former[TO(e)].of_client[c].since = moved_at[e]; former[TO(e)].of_client[c].until = since[TO(e)]
  :: else
  fi
}

inline merge_client(kept_one, gone_one) {
  /* The most that it can be. */
  client[kept_one].context = client[kept_one].context | client[gone_one].context;
  client[kept_one].began = earlier(client[kept_one].began, client[gone_one].began);
  client[kept_one].created = later(client[kept_one].created, client[gone_one].created);
  for (a : 0 .. ADDRESSES - 1) {
    leads[a] = (leads[a] == gone_one + 1 -> kept_one + 1 : leads[a]);
    if
    :: former[a].of_client[gone_one].until && !former[a].of_client[kept_one].until ->
       former[a].of_client[kept_one].since = former[a].of_client[gone_one].since;
       former[a].of_client[kept_one].until = former[a].of_client[gone_one].until
    :: else
    fi;
    former[a].of_client[gone_one].since = 0; former[a].of_client[gone_one].until = 0
  };
  for (i : 0 .. MESSAGES - 1) {
    stored_in[i] = (stored_in[i] == gone_one + 1 -> kept_one + 1 : stored_in[i])
  };
  for (f : 0 .. MOVES - 1) {
    kept[f].source = (kept[f].source == gone_one + 1 -> kept_one + 1 : kept[f].source);
    kept[f].target = (kept[f].target == gone_one + 1 -> kept_one + 1 : kept[f].target)
  };
  client[gone_one].exists = false; client[gone_one].context = 0; client[gone_one].revision = 0;
  client[gone_one].began = 0; client[gone_one].created = 0;
  renew(kept_one)
}

/* ---- Moves that WhatsApp tells (sql/identity_sides.sql, identity_events.sql, kept_events.sql) ---- */

#define is_stranger(c, e) (client[(c) - 1].began >= moved_at[e])
#define is_older(c, than) ((c) && \
  (client[(c) - 1].created < (than) || client[(c) - 1].began < (than)))

/* reset_by_event: a move older than a reset of who had one of its addresses then. */
inline reset_by_event(e) {
  reset_time = 0;
  for (f : 0 .. MOVES) {
    if
    :: mark[FROM(e)].til[f].at > moved_at[e] && mark[FROM(e)].til[f].since < moved_at[e] &&
       moved_at[e] <= time_of(f) -> reset_time = later(reset_time, mark[FROM(e)].til[f].at)
    :: else
    fi;
    if
    :: mark[TO(e)].til[f].at > moved_at[e] && mark[TO(e)].til[f].since <= moved_at[e] &&
       moved_at[e] < time_of(f) -> reset_time = later(reset_time, mark[TO(e)].til[f].at)
    :: else
    fi
  };
#ifdef NO_RESET_BY_EVENT
  reset_time = 0;
#endif
  if
  :: reset_time ->
     if
     :: source && since[FROM(e)] <= moved_at[e] -> give_up(source - 1, FROM(e), moved_at[e])
     :: else
     fi;
     doomed = 0;
     if
     :: is_older(source, reset_time) -> doomed = bit(source - 1)
     :: else
     fi;
     if
#ifndef NO_EARLIER_OWNER_SPARED
     :: target && target != source && !is_stranger(target, e) ->
        give_up(target - 1, TO(e), moved_at[e])
     :: (target == source || (target && is_stranger(target, e))) && is_older(target, reset_time) ->
#else
     :: is_older(target, reset_time) ->
#endif
        doomed = doomed | bit(target - 1)
     :: else
     fi;
     hit = bit(WHO(e));
     reset_when = reset_time;
     onward = 0;
#ifndef NO_RESET_ONWARD
     for (f : 0 .. MOVES - 1) {          /* who was forgotten went on from there */
       if
       :: kept[f].is_kept && FROM(f) == TO(e) && moved_at[e] < moved_at[f] && !onward ->
          onward = f + 1;
          if
          :: moved_at[f] < reset_when ->
             doomed = doomed | (is_older(kept[f].source, reset_when) -> bit(kept[f].source - 1) : 0) |
               (!kept[f].ambiguous && is_older(kept[f].target, reset_when) ->
                bit(kept[f].target - 1) : 0);
             set_mark(TO(f), 0, moved_at[f], reset_when);
             drop_event(f)
          :: else
          fi
       :: else
       fi
     };
#endif
     reset_clients();
     set_mark(TO(e), onward, moved_at[e], reset_when);
     set_mark(FROM(e), e + 1, 0, reset_when);
     reset_time = reset_when
  :: else
  fi
}


/* settle_event: a kept move, as far as its two sides are known. */
inline settle_event(e) {
  source = kept[e].source; target = kept[e].target;
  reset_time = 0;
  if
  :: !kept[e].ambiguous -> reset_by_event(e)
  :: else
  fi;
  if
  :: reset_time -> drop_event(e)
  :: else ->
     if
     :: still_to_leave(e) -> give_up(source - 1, FROM(e), moved_at[e])
     :: else
     fi;
     if
     :: kept[e].ambiguous && !(target && former[TO(e)].of_client[target - 1].until >= moved_at[e]) ->
        kept[e].ambiguous = false; kept[e].target = leads[TO(e)]; target = leads[TO(e)]
     :: else
     fi;
     if
     :: kept[e].ambiguous || !target -> skip
     :: !kept[e].ambiguous && target && target == source ->
        if
        :: leads[TO(e)] != source -> kept[e].target = 0
        :: else -> move_client(source - 1, e); drop_event(e)
        fi
     :: !kept[e].ambiguous && target && target != source && is_stranger(target, e) ->
        merge_client(source - 1, target - 1);
        move_client(source - 1, e);
        drop_event(e);
        result = merged
     :: else -> kept[e].ambiguous = true; give_up(target - 1, TO(e), moved_at[e])
     fi
  fi
}

#ifdef NO_TIME_OF_LINK
#define had_by_then(c, x, shown, at) ((x) == (shown) && \
  (leads[x] == (c) || former[x].of_client[(c) - 1].until))
#else
#define had_by_then(c, x, shown, at) ((x) == (shown) && \
  ((leads[x] == (c) && since[x] <= (at)) || \
   (former[x].of_client[(c) - 1].since <= (at) && (at) <= former[x].of_client[(c) - 1].until && \
    former[x].of_client[(c) - 1].until)))
#endif

/* link_events: a client (+ 1) has appeared at this number. */
inline link_events(c, shown, is_new) {
  result = none; led_to = 0;
#ifndef NO_LINKING
  for (e : 0 .. MOVES - 1) {
    if
    :: kept[e].is_kept && !kept[e].source &&
       (has(led_to, FROM(e)) || had_by_then(c, FROM(e), shown, moved_at[e])) ->
       if
       :: client[c - 1].began > moved_at[e] ->
          if
          :: leads[FROM(e)] == c && since[FROM(e)] < moved_at[e] -> since[FROM(e)] = moved_at[e]
          :: else
          fi
       :: else ->
          kept[e].source = c;
          end_event(e, c);
          led_to = led_to | bit(TO(e))
       fi
    :: else
    fi
  };
  for (e : 0 .. MOVES - 1) {
    if
    :: kept[e].is_kept && (is_new) && !kept[e].target && kept[e].source != c &&
       client[c - 1].began < (kept[e].until -> kept[e].until : FOREVER) &&
       had_by_then(c, TO(e), shown, moved_at[e]) -> kept[e].target = c
    :: else
    fi
  };
  linked = c;
  for (turn_of : 0 .. 1) {
    for (k : 0 .. MOVES - 1) {
      if
      :: kept[k].is_kept && kept[k].source &&
         (turn_of -> kept[k].ambiguous : (kept[k].source == linked || kept[k].target == linked)) ->
         settle_event(k)
      :: else
      fi
    }
  };
#endif
  skip
}

/* A client who moves on from where an earlier move led it. */
inline end_event(e, c) {
  for (f : 0 .. MOVES - 1) {
    if
    :: f != e && kept[f].is_kept && kept[f].source == c && !kept[f].until && moved_at[f] <= moved_at[e] &&
       TO(f) == FROM(e) -> kept[f].until = moved_at[e]
    :: else
    fi
  }
}

/* part_from_next_owner: what the next owner of the number wrote, before the move was told. */
inline part(e) {
  parted = 0; first = FOREVER;
  if
  :: FROM(e) != TO(e) && leads[FROM(e)] == source && since[FROM(e)] <= moved_at[e] ->
     for (i : 0 .. MESSAGES - 1) {
       if
       :: stored_in[i] == source && written[i] > moved_at[e] -> first = earlier(first, place[i])
       :: else
       fi
     };
     for (i : 0 .. MESSAGES - 1) {
       if
#ifdef NO_TIME_OF_PARTING
       :: stored_in[i] == source && place[i] >= first -> parted = parted | bit(i)
#else
       :: stored_in[i] == source && written[i] > moved_at[e] -> parted = parted | bit(i)
#endif
       :: else
       fi
     };
     if
     :: parted -> client[source - 1].context = 0; renew(source - 1)
     :: else
     fi
  :: else
  fi
}

inline hand_over(e) {
  best = FOREVER;
  for (i : 0 .. MESSAGES - 1) {
    best = (has(parted, i) -> earlier(best, written[i]) : best)
  };
  if
  :: parted ->
     if
     :: !leads[FROM(e)] -> since_of(FROM(e), own); add_client(FROM(e), best, own)
     :: else -> owner = leads[FROM(e)]
     fi;
     for (i : 0 .. MESSAGES - 1) {
       stored_in[i] = (has(parted, i) -> owner : stored_in[i])
     }
  :: else
  fi
}

/* apply_identity_event */
inline tell(e) {
  told[e] = true; now++;
  printf("- WhatsApp tells the move of %c from %d to %d\n", 65 + WHO(e), FROM(e), TO(e));
  target = 0; source = 0; best = FOREVER;
  for (i : 0 .. LIVES - 1) {
    if
    :: former[FROM(e)].of_client[i].until && former[FROM(e)].of_client[i].since <= moved_at[e] &&
       moved_at[e] <= former[FROM(e)].of_client[i].until && former[FROM(e)].of_client[i].until < best ->
       source = i + 1; best = former[FROM(e)].of_client[i].until
    :: else
    fi
  };
  if
  :: !source -> owner_at(FROM(e), moved_at[e]); source = owner
  :: else
  fi;
  if
  :: source && client[source - 1].began > moved_at[e] -> source = 0
  :: else
  fi;
  if
  :: !source ->
     for (f : 0 .. MOVES - 1) {
       if
       :: kept[f].is_kept && kept[f].source && !kept[f].ambiguous && moved_at[f] <= moved_at[e] &&
          (!kept[f].until || moved_at[e] < kept[f].until) && TO(f) == FROM(e) -> source = kept[f].source
       :: else
       fi
     }
  :: else
  fi;
  owner_at(TO(e), moved_at[e]);
  target = owner;
  reset_by_event(e);
  if
  :: reset_time -> skip
  :: !reset_time && source && source == target && leads[FROM(e)] != source && leads[TO(e)] == source ->
     skip
  :: else ->
     parted = 0;
     if
     :: source && source != target -> part(e)
     :: else
     fi;
     outcome = none;
     if
     :: !source ->
        if
        :: leads[FROM(e)] && since[FROM(e)] < moved_at[e] -> since[FROM(e)] = moved_at[e]
        :: else
        fi;
        if
        :: target && !is_stranger(target, e) -> give_up(target - 1, TO(e), moved_at[e]); target = 0
        :: else
        fi;
        kept[e].is_kept = true; kept[e].target = target
     :: source && (!target || target == source) -> move_client(source - 1, e)
     :: source && target && target != source && is_stranger(target, e) ->
        merge_client(source - 1, target - 1);
        move_client(source - 1, e)
     :: else ->
        give_up(target - 1, TO(e), moved_at[e]);
        give_up(source - 1, FROM(e), moved_at[e]);
        kept[e].is_kept = true; kept[e].ambiguous = true;
        kept[e].source = source; kept[e].target = target
     fi;
     hand_over(e);
     if
     :: source -> end_event(e, source)
     :: else
     fi;
     owner = (source -> source : target);
     chosen = owner;
     if
     :: chosen -> link_events(chosen, TO(e), true)
     :: else
     fi
  fi;
  note_told()
}

/* ---- A turn (sql/turns.sql) ----------------------------------------------------------------- */

#define is_forgotten(x, time) ((mark[x].til[0].at > (time)) || \
  (earlier(mark[x].til[1].at, moved_at[0]) > (time)) || \
  (MOVES > 1 && earlier(mark[x].til[MOVES].at, moved_at[MOVES - 1]) > (time)))

#define is_unchanged (expected == owner && (!owner || client[owner - 1].revision == revision))

inline load() {
  find_writer(number[m], written[m]);
  expected = owner;
  revision = (owner -> client[owner - 1].revision : 0);
  context = (owner -> client[owner - 1].context : 0)
}

inline commit_turn() {
  find_writer(number[m], written[m]);
  outcome = committed;
  is_new = !owner;
  chosen = owner;
  if
  :: !is_unchanged -> property(3, !again || disturbed[t]); outcome = stale
  :: is_unchanged && (seen[m] || is_forgotten(number[m], written[m]) || decision == lost) ->
     outcome = refused
  :: else ->
     if
     :: decision == new ->
        since_of(number[m], own); add_client(number[m], written[m], own);
        chosen = owner
     :: decision == past ->
        awaited_since(number[m], written[m]); until_move = awaited;
        since_of(number[m], own); add_client(number[m], written[m], own); chosen = owner;
        give_up(chosen - 1, number[m], until_move)
     :: decision == move_there ->
        e = moving - 1;
        if
        :: kept[e].until ->
           former[TO(e)].of_client[owner - 1].since = moved_at[e];
           former[TO(e)].of_client[owner - 1].until = kept[e].until;
           drop_event(e)
        :: else -> move_client(chosen - 1, e); drop_event(e)
        fi
     :: else
     fi;
     if
     :: decision == move_there && !leads[number[m]] -> skip /* it has left again */
     :: else ->
        link_events(chosen, (decision == past -> NOWHERE : number[m]), is_new || decision == move_there)
     fi;
     outcome = (result == merged || !client[chosen - 1].exists -> stale : committed)
  fi;
  printf("- message %d: %e, client %d, %e\n", m, decision, chosen, outcome);
  if
  :: outcome == stale -> load(); disturbed[t] = false
  :: outcome == committed ->
     property(5, client[chosen - 1].context == context);
     property(8, !answered[m]);
     answered[m] = true;
     property(1, !((context | bit(m)) & forgotten));
     for (i : 0 .. MESSAGES - 1) {
       property(6, !has(context, i) || author[i] == author[m])
     };
     seen[m] = true; places++;
     stored_in[m] = chosen; place[m] = places;
     client[chosen - 1].context = context | bit(m);
     client[chosen - 1].began = earlier(client[chosen - 1].began, written[m]);
     renew(chosen - 1)
  :: else
  fi
}

/* Not before a move is told, from a number that another person left before. */
#define may_arrive(m) (written[m] && deliveries[m] < 1 + REDELIVERIES && \
  !(moves && WHO(0) != author[m] && FROM(0) == number[m] && moved_at[0] < written[m] && !told[0]) && \
  !(moves > 1 && WHO(MOVES - 1) != author[m] && FROM(MOVES - 1) == number[m] && \
    moved_at[MOVES - 1] < written[m] && !told[MOVES - 1]))

proctype Turns(byte t) {
  byte m, expected, revision, context, chosen;
  bool again, is_new;

end:
  do
  :: atomic {
       if
       :: may_arrive(0) -> m = 0
       :: MESSAGES > 1 && may_arrive(1) -> m = 1
       :: MESSAGES > 2 && may_arrive(2) -> m = 2
       :: MESSAGES > 3 && may_arrive(MESSAGES - 1) -> m = MESSAGES - 1
       fi;
       d_step { deliveries[m]++; disturbed[t] = false; again = false; load();
         printf("- message %d arrives; its writer is client %d (0: not known yet)\n", m, expected) }
     };
     do
     :: atomic {
          d_step { commit_turn(); disturb(t); chosen = 0; is_new = false };
          if
          :: outcome == stale -> again = true; outcome = none
          :: else ->
             outcome = none; m = 0; expected = 0; revision = 0; context = 0; again = false;
             goto end
          fi
        }
     od
  od
}

/* ---- Everyone else -------------------------------------------------------------------------- */

inline write(person) {
  now++;
  printf("- %c writes message %d from number %d\n", 65 + person, messages, lives_at[person]);
  author[messages] = person; number[messages] = lives_at[person]; written[messages] = now;
  messages++
}

inline operator_resets(who) {
  now++;
  hit = 0;
  printf("- an operator resets client %d\n", who + 1);
  for (i : 0 .. MESSAGES - 1) {
    if
    :: stored_in[i] == who + 1 -> hit = hit | bit(author[i])
    :: else
    fi
  };
  resets++;
  doomed = bit(who); reset_time = now;
  reset_clients();
  disturb(TURNS)
}

proctype World() {
  byte chosen, event;

end:
  do
  :: d_step { messages < MESSAGES && lives_at[ALICE] != NOWHERE -> write(ALICE) }
  :: d_step { messages < MESSAGES && lives_at[BOB] != NOWHERE -> write(BOB) }
  :: d_step {
       moves < MOVES && lives_at[1 - WHO(moves)] != TO(moves) &&
       (lives_at[WHO(moves)] == FROM(moves)) ->
       printf("- %c moves from number %d to %d\n", 65 + WHO(moves), FROM(moves), TO(moves));
       now++; moved_at[moves] = now; lives_at[WHO(moves)] = TO(moves); moves++
     }
  :: d_step {
       BOB_COMES != NOWHERE && lives_at[BOB] == NOWHERE && lives_at[ALICE] != BOB_COMES ->
       lives_at[BOB] = BOB_COMES
     }
  :: atomic {
       if
       :: moves > 0 && !told[0] -> event = 0
       :: MOVES > 1 && moves > 1 && !told[MOVES - 1] && (told[0] || !TOLD_IN_ORDER) -> event = MOVES - 1
       fi;
       d_step { tell(event); disturb(TURNS); event = 0; chosen = 0 }
     }
  :: atomic {
       if
       :: resets < RESETS && client[0].exists -> chosen = 0
       :: resets < RESETS && client[1].exists -> chosen = 1
       :: resets < RESETS && client[2].exists -> chosen = 2
       :: resets < RESETS && client[LIVES - 1].exists -> chosen = LIVES - 1
       fi;
       d_step { operator_resets(chosen); chosen = 0 }
     }
  od
}

init {
  byte t;
  atomic {
    lives_at[ALICE] = ALICE_AT; lives_at[BOB] = BOB_AT;
    for (t : 0 .. TURNS - 1) { run Turns(t) };
    run World()
  }
}
