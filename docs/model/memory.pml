/* Memory and the fence: what bots remember of clients, and how the database decides.
 *
 * Read it beside ARCHITECTURE.md ("Three laws", "A turn", "The signal"); README.md says what is
 * left out. Whom an address leads to while it changes hands is in addresses.pml; here it stays a
 * person's. A transaction is one atomic step, for its row locks make it so; a batch takes its locks
 * one by one.
 *
 * A person has a number and a BSUID, and is two clients until a message shows both; another person
 * has one number. The secret of message m is bit m: what a client's rows, a bot's memory, a reply
 * under way and a queued answer carry is a set of messages. -DNO_… takes a guard away.
 */

#define NUMBER 0
#define BSUID 1
#define OTHER 2
#define ADDRESSES 3

#define TURNS (BOTS * BATCH)

#define bit(n) (1 << (n))
#define has(set, n) (((set) >> (n)) & 1)

/* A session, as load_session returns it and a bot remembers it: its fields in one number. 0: none. */
#define ID(s) ((s) & 3)                  /* "User".id: the address that stands for it, + 1 */
#define LIFE(s) (((s) >> 2) & 7)         /* "User".incarnation */
#define REVISION(s) (((s) >> 5) & 31)    /* "User".revision */
#define SESSION(s) (((s) >> 10) & 31)    /* "Session".revision; 0: no row */
#define CONTEXT(s) (((s) >> 15) & 15)    /* "Session".context: the messages that it was made from */
#define NAME(s) (((s) >> 19) & 3)        /* "User".nama: which edit of an operator's */
#define session_of(id, life, revision, session, context, name) \
  ((id) | (life) << 2 | (revision) << 5 | (session) << 10 | (context) << 15 | (name) << 19)

/* ---- The database --------------------------------------------------------------------------- */

int row[ADDRESSES];        /* "User" with "Session", by id - 1 */
byte absorbed[ADDRESSES];  /* "User".absorbed: the lives that were merged into it */
byte leads[ADDRESSES];     /* "Alias": the id that an address leads to; 0: none */
byte mark[ADDRESSES];      /* "Forgotten": a message written after fewer resets is a late one */
byte locked[ADDRESSES];    /* the bot that holds the row, + 1 */
bool seen[MESSAGES];       /* "Delivery" */
mtype = { no_answer, queued, sending, sent };
mtype answer[MESSAGES] = no_answer; /* "Conversation": the answer to each message, */
byte carries[MESSAGES];    /* what it was made from, */
byte owner[MESSAGES];      /* and the client's id */
byte drawn;                /* random uuids: each is drawn once */
byte lives, resets;
byte ages;                 /* how often a time has passed that is longer than a proof holds */

/* ---- Messages ------------------------------------------------------------------------------- */

byte from[MESSAGES];       /* the addresses that a message shows; 0: not written yet */
byte written[MESSAGES];    /* after how many resets */
byte messages, delivered;

/* ---- Bots ----------------------------------------------------------------------------------- */

typedef Memory {
  int sessions[ADDRESSES];      /* Cache._sessions, by id - 1 */
  byte leads[ADDRESSES];   /* Cache._ids_by_address */
};
Memory memory[BOTS];
bool overtaken[BOTS];      /* an eviction came since Cache.mark */
bool hears[BOTS];          /* the database's notifications arrive */
bool proven[BOTS];         /* Listener._proven_at is not None, */
bool fresh[BOTS];          /* and younger than FRESH_FOR */
byte acknowledged[BOTS];   /* "ResetAck": lives */
mtype = { reset, edit, nonce, late_nonce };
/* On the listener's connection, in the order of commits. */
chan notes[BOTS] = [QUEUE] of { mtype, byte };

/* ---- What only the properties look at ------------------------------------------------------- */

byte forgotten;            /* the messages that resets have promised to forget */
byte dead, long_dead;      /* lives that were reset or merged; those longer ago than a proof holds */
byte asking[TURNS];        /* the addresses of the message that a turn is about */
bool disturbed[TURNS];     /* another turn or transaction wrote its client since it was last stale */

#ifndef ONLY
#define ONLY 0             /* or the one property that is checked */
#endif
#define property(n, holds) \
  if \
  :: (ONLY && ONLY != n) || (holds) -> skip \
  :: else -> printf("property P%d broken\n", n); assert(false) \
  fi

/* ---- Statements ----------------------------------------------------------------------------- */

#ifdef BREADTH_FIRST         /* which Spin refuses for hidden variables */
#define hidden
#endif
hidden byte a, i, shown, kept, id, gone; /* within one atomic step */
hidden int current;

/* find_writer: a BSUID decides before a number. */
#define writer_of(set) \
  (has(set, BSUID) && leads[BSUID] -> leads[BSUID] \
  : (has(set, NUMBER) && leads[NUMBER] -> leads[NUMBER] : (has(set, OTHER) -> leads[OTHER] : 0)))
#define are_halves(set) \
  (has(set, BSUID) && has(set, NUMBER) && leads[BSUID] && leads[NUMBER] && \
   leads[BSUID] != leads[NUMBER])
#define read_session(set) (writer_of(set) -> row[writer_of(set) - 1] : 0)
#define addresses_of(id) \
  ((leads[0] == id) | (leads[1] == id) << 1 | (leads[2] == id) << 2)
#define life_of(s) bit(LIFE(s) - 1)

inline tell(what, set) {                 /* NOTIFY, delivered to who listens by then */
  for (i : 0 .. BOTS - 1) {
    if
    :: hears[i] -> assert(nfull(notes[i])); notes[i]!what, set
    :: else
    fi
  }
}

inline disturb(set) {
  for (i : 0 .. TURNS - 1) {
    disturbed[i] = disturbed[i] || (asking[i] & (set))
  }
}

inline lead_to(set, client) {
  for (a : 0 .. ADDRESSES - 1) {
    if
    :: has(set, a) -> leads[a] = client
    :: else
    fi
  }
}

inline hand_answers(before, after) {     /* 0: they are deleted, so never sent */
  for (i : 0 .. MESSAGES - 1) {
    if
    :: owner[i] == before && after -> owner[i] = after
    :: owner[i] == before && !after ->
       owner[i] = 0;
#ifndef NO_ANSWERS_DELETED
       carries[i] = 0; answer[i] = no_answer
#endif
    :: else
    fi
  }
}

/* DELETE FROM "User": the row, its addresses, its answers; watermarks; one notification. */
inline reset_client(client) {
  shown = addresses_of(client);
  printf("- client %d is reset\n", client);
  disturb(shown);
  resets++;
  forgotten = forgotten | CONTEXT(row[client - 1]);
  for (i : 0 .. MESSAGES - 1) {
    forgotten = forgotten | ((from[i] & shown) -> bit(i) : 0)
  }
  for (a : 0 .. ADDRESSES - 1) {
    if
    :: has(shown, a) ->
       leads[a] = 0;
#ifndef NO_WATERMARK
       mark[a] = resets
#endif
    :: else
    fi
  }
  hand_answers(client, 0);
#ifdef NO_ABSORBED
  gone = life_of(row[client - 1]);
#else
  gone = life_of(row[client - 1]) | absorbed[client - 1];
#endif
  row[client - 1] = 0; absorbed[client - 1] = 0;
  dead = dead | gone;
  tell(reset, gone)
}

/* merge_client: the number's client stays, the BSUID's is deleted, and both are told. The kept one
 * has the context of either: here of both, which is the most that it can carry. */
inline merge_halves() {
  kept = leads[NUMBER]; id = leads[BSUID];
  printf("- clients %d and %d become one\n", kept, id);
  gone = life_of(row[id - 1]) | absorbed[id - 1];
  absorbed[kept - 1] = absorbed[kept - 1] | gone;
  drawn = drawn + 2;
  row[kept - 1] = session_of(kept, LIFE(row[kept - 1]), drawn - 1, drawn,
    CONTEXT(row[kept - 1]) | CONTEXT(row[id - 1]), NAME(row[kept - 1]) | NAME(row[id - 1]));
  hand_answers(id, kept);
  shown = addresses_of(id);
  lead_to(shown, kept);
  row[id - 1] = 0; absorbed[id - 1] = 0;
  dead = dead | gone;
  disturb(addresses_of(kept));
  tell(reset, gone);
  tell(edit, life_of(row[kept - 1]))
}

/* The fence (is_unchanged): the session that was answered from is the one in the database. */
#if defined(NO_FENCE)
#define is_unchanged(s) (current || !(s))
#else
#ifdef NO_CLIENT_REVISION
#define same_client(s) true
#else
#define same_client(s) (REVISION(current) == REVISION(s))
#endif
#ifdef NO_SESSION_REVISION
#define same_session(s) true
#else
#define same_session(s) (SESSION(current) == SESSION(s))
#endif
#ifdef NO_CLIENT_NEEDED
#define is_unchanged(s) (!current || (ID(current) == ID(s) && same_client(s) && same_session(s)))
#else
#define is_unchanged(s) (ID(current) == ID(s) && same_client(s) && same_session(s))
#endif
#endif

#ifdef NO_BATCH_FENCE        /* checked for the first turn of a batch only */
#define passes_fence(s, t) (((t) % BATCH && is[0] != none) || is_unchanged(s))
#else
#define passes_fence(s, t) is_unchanged(s)
#endif

#define is_late(m) \
  ((has(from[m], 0) && written[m] < mark[0]) || (has(from[m], 1) && written[m] < mark[1]) \
  || (has(from[m], 2) && written[m] < mark[2]))

mtype = { none, thinking, stale, agreed, committed, refused };

/* commit_turn, until it writes: what becomes of the answer to m that was made from s. */
inline decide(m, s, t, is_retry, outcome) {
  current = read_session(from[m]);
  if
  :: !passes_fence(s, t) ->
     property(3, !is_retry || disturbed[t]);
     outcome = stale
  :: passes_fence(s, t) && (seen[m] || is_late(m)) -> outcome = refused
  :: passes_fence(s, t) && !seen[m] && !is_late(m) && are_halves(from[m]) ->
     merge_halves();
#ifdef NO_MERGE_SENDS_BACK
     outcome = agreed
#else
     outcome = stale
#endif
  :: else -> outcome = agreed
  fi;
  printf("- the answer to message %d is %e\n", m, outcome);
  if
  :: outcome == stale -> s = read_session(from[m]); disturbed[t] = false
  :: else
  fi
}

/* The rest of it: who the client is by now (add_client, settle_id), the session, the answer. */
inline write_turn(m, s) {
  current = read_session(from[m]);
  property(5, !current || (CONTEXT(current) == CONTEXT(s) && NAME(current) == NAME(s)));
  shown = from[m] | (current -> addresses_of(ID(current)) : 0);
  kept = 1 + (has(shown, NUMBER) -> NUMBER : (has(shown, BSUID) -> BSUID : OTHER));
  if
  :: !current -> lives++
  :: current && ID(current) != kept ->
     hand_answers(ID(current), kept);
     absorbed[kept - 1] = absorbed[ID(current) - 1];
     row[ID(current) - 1] = 0; absorbed[ID(current) - 1] = 0
  :: else
  fi;
  drawn = drawn + 2;
  row[kept - 1] = session_of(kept, (current -> LIFE(current) : lives), drawn - 1, drawn,
    CONTEXT(s) | bit(m), NAME(s));
  lead_to(shown, kept);
  seen[m] = true;
  carries[m] = CONTEXT(s) | bit(m); owner[m] = kept; answer[m] = queued;
  disturb(shown);
  s = row[kept - 1];
#if !SENDERS
  answer[m] = sent; owner[m] = 0;
  property(1, !(carries[m] & forgotten))
#endif
}

/* ---- Memory (app/sessions/cache.py) --------------------------------------------------------- */

#ifdef NO_FRESHNESS
#define is_trusted(b) proven[b]
#else
#define is_trusted(b) (proven[b] && fresh[b])
#endif
#ifdef NO_MARK
#define may_keep(b) is_trusted(b)
#else
#define may_keep(b) (!overtaken[b] && is_trusted(b))
#endif
#define deciding(set) (has(set, BSUID) -> BSUID : (has(set, NUMBER) -> NUMBER : OTHER))

inline drop(b, client) {
  memory[b].sessions[client - 1] = 0;
  for (a : 0 .. ADDRESSES - 1) {
    if
    :: memory[b].leads[a] == client -> memory[b].leads[a] = 0
    :: else
    fi
  }
}

inline evict(b, set) {                   /* these lives */
  overtaken[b] = true;
  for (i : 1 .. ADDRESSES) {
    if
    :: memory[b].sessions[i - 1] && (life_of(memory[b].sessions[i - 1]) & (set)) -> drop(b, i)
    :: else
    fi
  }
}

#define ALL 255

inline keep(b, s, address) {
  if
  :: s && may_keep(b) ->
     for (i : 1 .. ADDRESSES) {
       /* Another life under this id, this life under another id, another client at the address. */
       if
       :: memory[b].sessions[i - 1] &&
          ((i == ID(s)) != (LIFE(memory[b].sessions[i - 1]) == LIFE(s)) ||
           (i != ID(s) && memory[b].leads[address] == i)) -> drop(b, i)
       :: else
       fi
     }
     printf("- bot %d keeps client %d in memory, life %d\n", b, ID(s), LIFE(s));
     memory[b].sessions[ID(s) - 1] = s;
     memory[b].leads[address] = ID(s)
  :: else
  fi
}

/* Cache.find, else load_session. */
inline find_or_load(b, set, s) {
  if
  :: memory[b].leads[deciding(set)] && !is_trusted(b) -> evict(b, ALL)
  :: else
  fi;
  if
  :: memory[b].leads[deciding(set)] ->
     s = memory[b].sessions[memory[b].leads[deciding(set)] - 1];
     printf("- bot %d takes a message, and finds client %d in memory, life %d\n",
       b, ID(s), LIFE(s));
     property(2, !(life_of(s) & acknowledged[b]));
     property(4, !(life_of(s) & long_dead))
  :: else ->
     s = read_session(set);
     printf("- bot %d takes a message, and loads client %d (0: none), life %d\n", b, ID(s), LIFE(s))
  fi
}

/* ---- Turns (app/sessions/turn.py), BATCH of them in one transaction ------------------------- */

#define slot(m) (writer_of(from[m]) -> writer_of(from[m]) - 1 : deciding(from[m]))
#define T(k) (b * BATCH + k)
#define is_free(client) (!locked[(client) - 1])

#if BATCH == 1
#define all_done (is[0] == none)
#define first 0
#else
#define all_done (is[0] == none && is[1] == none)
#define second (1 - first)
#endif

inline conclude(k) {
  if
  :: is[k] == agreed -> write_turn(m[k], s[k]); is[k] = committed
  :: else
  fi
}

inline commit() {
#if BATCH > 1
  /* The rows are locked in one order. A turn whose row another transaction keeps leaves the batch,
   * and is delivered again. */
  atomic {
    first = (is[0] == none -> 1 : 0);
#ifndef NO_LOCK_ORDER
    if
    :: is[0] != none && is[1] != none && slot(m[1]) < slot(m[0]) -> first = 1
    :: else
    fi
#endif
  };
  lock_row(first);
  lock_row(second);
#ifdef NO_BATCH_LOCKS
  d_step { judge(0); judge(1) };
#endif
  d_step {
    judge(0);
#if defined(NO_BATCH_IN_TURN)
    judge(1); conclude(0);
#elif defined(NO_BATCH_APART)
    if
    :: is[0] != none && is[1] != none && slot(m[0]) != slot(m[1]) ->
       judge(1);
       if
       :: is[0] == stale && is[1] == agreed ->
          property(3, !again[1] || disturbed[T(1)]); is[1] = stale
       :: is[1] == stale && is[0] == agreed ->
          property(3, !again[0] || disturbed[T(0)]); is[0] = stale
       :: else
       fi;
       conclude(0)
    :: else -> conclude(0); judge(1)
    fi;
#else
    conclude(0); judge(1);
#endif
    conclude(1);
    for (i : 0 .. ADDRESSES - 1) {
      locked[i] = (locked[i] == b + 1 -> 0 : locked[i])
    }
  }
#else
  d_step { judge(0); conclude(0) }
#endif
}

inline judge(k) {
  if
  :: is[k] == thinking -> decide(m[k], s[k], T(k), again[k], is[k])
  :: else
  fi
}

#define KEEPS_LOCKS 255

inline lock_row(k) {
  if
#ifdef NO_BATCH_LOCKS
  :: atomic { true -> skip }
#else
  :: atomic { is[k] == none -> skip }
#ifndef NO_BATCH_SPLIT
  :: atomic { is[k] != none && locked[slot(m[k])] == KEEPS_LOCKS -> finish(k) }
#endif
  :: atomic { is[k] != none && (!locked[slot(m[k])] || locked[slot(m[k])] == b + 1) ->
       locked[slot(m[k])] = b + 1 }
#endif
  fi
}

inline finish(k) {
  is[k] = none; s[k] = 0; asking[T(k)] = 0; disturbed[T(k)] = false; m[k] = 0; again[k] = false
}

proctype Bot(byte b) {
  byte m[BATCH];
  int s[BATCH];              /* the sessions that are answered from */
  mtype is[BATCH] = none;
  bool again[BATCH];
  byte k;
#if BATCH > 1
  byte first;
#endif

end:
  do
  :: atomic {
       delivered < messages ->
       k = 0;
       do
       :: k < BATCH && delivered < messages ->
          m[k] = delivered; delivered++;
          asking[T(k)] = from[m[k]]; disturbed[T(k)] = false;
          is[k] = thinking; again[k] = false;
          find_or_load(b, from[m[k]], s[k]);
          k++
       :: k -> break
       od;
       k = 0
     };
     do
     :: d_step {
          overtaken[b] = false;
#ifdef NO_LOADS_UNKEPT
          for (k : 0 .. BATCH - 1) {
            if
            :: is[k] != none -> keep(b, s[k], deciding(from[m[k]]))
            :: else
            fi
          };
#endif
          k = 0
        };
        commit();
        /* The reply arrives; what it brought is kept. */
        atomic { d_step {
          for (k : 0 .. BATCH - 1) {
            if
            :: is[k] == committed -> keep(b, s[k], deciding(from[m[k]]))
            :: else
            fi;
            if
            :: is[k] == stale -> is[k] = thinking; again[k] = true
            :: else -> finish(k)
            fi
          };
          k = 0 };
          if
          :: all_done -> goto end
          :: else
          fi
        }
     od
  od
}


/* ---- The listener (app/sessions/listener.py) ------------------------------------------------ */

proctype Listener(byte b) {
  mtype what;
  byte set;
  bool waits;                /* for its nonce */

end:
  do
  :: d_step {
       notes[b]?what, set;
#ifdef NO_EVICTION_FIRST
       acknowledged[b] = acknowledged[b] | (what == reset -> set : 0)
     };
     d_step {
#endif
       printf("- bot %d receives %e\n", b, what);
       if
       :: what == reset -> evict(b, set); acknowledged[b] = acknowledged[b] | set
       :: what == edit -> evict(b, set)
       :: what == nonce -> waits = false; proven[b] = true; fresh[b] = true
       :: what == late_nonce ->
          waits = false; proven[b] = true;
#ifdef NO_PROOF_DATED
          fresh[b] = true
#endif
       fi;
       what = 0; set = 0
     }
  :: atomic { hears[b] && !waits && (!fresh[b] || ages < AGES) -> notes[b]!nonce, 0; waits = true;
       printf("- bot %d sends a nonce\n", b) }
  :: d_step {
       !hears[b] ->          /* the connection is lost, or no nonce arrived in time */
       printf("- bot %d sees that the connection is lost\n", b);
#ifndef NO_DROP_AT_LOSS
       proven[b] = false; fresh[b] = false;
       evict(b, ALL);
#endif
       waits = false
     };
     atomic { hears[b] = true; printf("- bot %d listens again\n", b) };
#ifndef NO_DROP_AFTER_LISTEN
     d_step { evict(b, ALL) };
#endif
     atomic { acknowledged[b] = acknowledged[b] | dead; /* missed_resets */
       printf("- bot %d acknowledges what it missed\n", b) }
  od
}

/* ---- Sending (app/bot/outbox.py): one process an answer, for any bot may take it ------------ */

inline post(m) {
  printf("- the answer to message %d is sent\n", m);
  property(1, !(what & forgotten));
  if
  :: answer[m] == sending -> answer[m] = sent; owner[m] = 0
  :: else
  fi
}

proctype Sender(byte m) {
  byte what;                 /* in the bot's memory since `sending` was committed */

end:
  do
  :: atomic {
       answer[m] == queued && (owner[m] == 0 || is_free(owner[m])) ->
       answer[m] = sending; what = carries[m];
       printf("- `sending` is committed for the answer to message %d\n", m);
       if
       :: post(m); what = 0; goto end
       :: true
       fi
     };
     if
     :: atomic {             /* held up for half a second: the database is asked again */
          true;
#ifndef NO_SENDING_ASKED
          if
          :: answer[m] != sending -> what = 0; goto end
          :: else
          fi;
#endif
          post(m); what = 0
        }
     :: atomic {             /* nothing was written to the socket */
#ifdef NO_SENDING_COMMITTED
          true; post(m);
#else
          if
          :: answer[m] == sending -> answer[m] = queued
          :: else
          fi;
#endif
          what = 0
        }
     fi
  od
}

/* ---- Everyone else -------------------------------------------------------------------------- */

inline client_writes(set) {
  from[messages] = set; written[messages] = resets; messages++
}

proctype World() {
  byte edits, deletions, losses, holds, c, set;
  mtype what;

end:
  do
  :: d_step { messages < MESSAGES && (KINDS & 1) ->
       printf("- message %d is written, from the number\n", messages); client_writes(bit(NUMBER)) }
  :: d_step { messages < MESSAGES && (KINDS & 2) ->
       printf("- message %d is written, from the BSUID\n", messages); client_writes(bit(BSUID)) }
  :: d_step { messages < MESSAGES && (KINDS & 4) ->
       printf("- message %d is written, from both\n", messages);
       client_writes(bit(NUMBER) | bit(BSUID)) }
  :: d_step { messages < MESSAGES && (KINDS & 8) ->
       printf("- message %d is written, from another person's number\n", messages);
       client_writes(bit(OTHER)) }
  :: d_step { resets < RESETS && row[NUMBER] && is_free(1) -> reset_client(1); skip }
  :: d_step { resets < RESETS && row[BSUID] && is_free(2) -> reset_client(2); skip }
  :: d_step { resets < RESETS && row[OTHER] && is_free(3) -> reset_client(3); skip }
  :: d_step {                /* UPDATE "User" SET nama = … */
       edits < EDITS && row[NUMBER] && is_free(1) ->
       edits++; drawn++; printf("- an operator edits the name of client 1\n");
       current = row[NUMBER];
       row[NUMBER] = session_of(1, LIFE(current), drawn, SESSION(current), CONTEXT(current), edits);
       disturb(addresses_of(1)); tell(edit, life_of(current)); skip
     }
  :: d_step {                /* DELETE FROM "Session" */
       deletions < EDITS && row[NUMBER] && SESSION(row[NUMBER]) && is_free(1) ->
       deletions++; printf("- an operator deletes the session of client 1\n");
       current = row[NUMBER];
       row[NUMBER] = session_of(1, LIFE(current), REVISION(current), 0, 0, NAME(current));
       disturb(addresses_of(1)); tell(edit, life_of(current)); skip
     }
  :: atomic {                /* nothing that a bot has not taken yet arrives any more */
       losses < LOSSES ->
       losses++;
       if
       :: hears[0] -> c = 0
       :: BOTS > 1 && hears[BOTS - 1] -> c = BOTS - 1
       fi;
       hears[c] = false; printf("- bot %d hears no notification any more\n", c);
       do
       :: nempty(notes[c]) -> notes[c]?_, _
       :: empty(notes[c]) -> break
       od;
       c = 0
     }
  :: d_step {                /* longer than a proof holds */
       ages < AGES ->
       ages++; printf("- a time passes that is longer than a proof holds\n");
       long_dead = dead;
       for (i : 0 .. BOTS - 1) {
         fresh[i] = false;
         c = len(notes[i]);
         do
         :: c > 0 ->
            notes[i]?what, set;
            notes[i]!(what == nonce -> late_nonce : what), set;
            c--
         :: else -> break
         od;
         c = 0
       };
       skip
     }
#if BATCH > 1
  :: atomic {                /* another transaction locks a row, and stays open */
       holds < 1 && row[OTHER] && is_free(3) -> holds++; locked[OTHER] = KEEPS_LOCKS;
       printf("- another transaction locks client 3, and stays open\n")
     }
#endif
  od
}

init {
  byte b;
  atomic {
    for (b : 0 .. BOTS - 1) {
      hears[b] = true; proven[b] = true; fresh[b] = true;
      run Bot(b); run Listener(b)
    };
#if SENDERS
    for (b : 0 .. MESSAGES - 1) { run Sender(b) };
#endif
    run World()
  }
}
