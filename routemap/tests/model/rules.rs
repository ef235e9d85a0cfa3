//! What each operation does, and that the graph says the same.

use lnwire::{NodeId, Timestamp, bolt7::channel_update};
use routemap::{
    ApplyError, BlockError, ChannelHandle, Config, Direction, Graph, Outpoint, Reason, ReviveError,
    Spent, SpentOutput, What,
};

use super::{BLOCKS_UNTIL_FORGOTTEN, DAY, MAX_ZOMBIES, Model, ModelChannel, ModelZombie, Op};
use super::{ZOMBIE_EXPIRY, height, scid};
use crate::common::{announcement, at, node_announcement, node_id, terms, update};

impl Model {
    pub(crate) fn apply(&mut self, graph: &mut Graph, op: &Op) {
        let now = at(self.now);
        match op {
            Op::Channel {
                scid,
                nodes: (one, two),
                capacity,
            } => self.channel(graph, *scid, [*one, *two], *capacity),
            Op::Update { .. } => self.update(graph, op),
            Op::Node { node, days } => self.node(graph, *node, self.timestamp(*days)),
            Op::Capacity { scid, sat } => {
                if let Some(channel) = self.channels.get_mut(scid) {
                    let (handle, replaced) = (channel.handle, channel.capacity);
                    assert!(graph.set_capacity(now, handle, *sat));
                    channel.capacity = Some(*sat).filter(|sat| *sat > 0);
                    self.tell(What::CapacityChanged {
                        channel: handle,
                        generation: self.channel_generations[&handle],
                        replaced,
                    });
                }
            }
            Op::Remove { scid, reason } => {
                let Some(channel) = self.channels.get(scid) else {
                    return;
                };
                let removed = graph.remove_channel_because(now, channel.handle, *reason);
                let removed = removed.unwrap();
                assert_eq!(
                    removed.channel.by_ref().short_channel_id(),
                    super::scid(*scid)
                );
                let nodes = removed.nodes.map(|n| n.map(|(handle, n)| (handle, n.id())));
                let before = self.node_handles.clone();
                let channel = self.removed(*scid, *reason, [*reason == Reason::Stale; 2]);
                for (side, node) in channel.nodes.iter().enumerate() {
                    let gone = !self.node_handles.contains_key(node);
                    assert_eq!(nodes[side], gone.then(|| (before[node], node_id(*node))));
                }
            }
            Op::Prune => self.prune(graph),
            Op::Own { node } => {
                if self.own.is_none() {
                    self.own = Some(*node);
                    graph.add_own_node(node_id(*node));
                }
            }
            Op::Revive { .. } => self.revive(graph, op),
            Op::AddZombie { scid, reason } => {
                let got = graph.add_zombie(now, super::scid(*scid), *reason);
                let may = !self.channels.contains_key(scid) && *reason != Reason::Stale;
                if may {
                    self.bury(*scid, *reason, None, [false; 2], self.tip);
                }
                let is = self.zombies.get(scid).map(|z| z.reason);
                assert_eq!(got, may && is == Some(*reason));
            }
            Op::Connect { .. } => self.connect(graph, op),
            Op::Disconnect { times } => (0..*times).for_each(|_| self.disconnect(graph)),
            Op::Confirm { scid } => {
                let Some(channel) = self.channels.get_mut(scid) else {
                    return;
                };
                let handle = channel.handle;
                let is_out = matches!(channel.dying, Some((_, Reason::ReorganisedOut)));
                assert_eq!(graph.set_confirmed(now, handle), is_out);
                if is_out {
                    self.alive(*scid);
                }
            }
            Op::Tag { scid, node, value } => {
                if let Some(channel) = self.channels.get_mut(scid) {
                    channel.tag = Some(*value);
                    for table in &mut self.channel_tags {
                        assert!(table.set(graph, channel.handle, *value));
                    }
                }
                if let Some(handle) = self.node_handles.get(node) {
                    self.node_tags.insert(*node, *value);
                    assert!(self.tags_of_nodes.set(graph, *handle, *value));
                }
            }
            Op::Follow => self.follow(graph),
            Op::Read => self.read(graph),
            Op::Restart { seed } => self.restart(graph, *seed),
            Op::Wait { seconds } => self.now += seconds,
        }
    }

    /// The graph is made again of its snapshot: all that is gone are the changes until now.
    fn restart(&mut self, graph: &mut Graph, seed: u64) {
        let (now, wall) = (at(self.now), Timestamp(self.wall()));
        let mut snapshot = Vec::new();
        graph.write_snapshot(now, wall, &mut snapshot);
        let config = Config {
            seed,
            ..graph.config().clone()
        };
        *graph = Graph::from_snapshot(config, now, wall, &snapshot).unwrap();
        let mut again = Vec::new();
        graph.write_snapshot(now, wall, &mut again);
        assert_eq!(again, snapshot);
        self.latest = Some(wall.0 + 14 * DAY as u32);
        self.oldest_change = self.changes.len();
        let resting = self.channels_freed_at.values_mut();
        resting
            .chain(self.nodes_freed_at.values_mut())
            .for_each(|freed_at| *freed_at = self.now);
    }

    fn channel(&mut self, graph: &mut Graph, id: u64, nodes: [u32; 2], capacity: Option<u64>) {
        let message = announcement(scid(id).0, nodes[0], nodes[1]);
        let got = graph.apply_channel(at(self.now), &message, capacity);
        if nodes[0] >= nodes[1] {
            assert_eq!(got, Err(ApplyError::NodeOrder));
        } else if let Some(known) = self.channels.get(&id) {
            let error = match known.nodes == nodes {
                true => ApplyError::KnownChannel(known.handle),
                false => ApplyError::Conflict(known.handle),
            };
            assert_eq!(got, Err(error));
        } else if let Some(zombie) = self.zombies.get(&id) {
            assert_eq!(got, Err(ApplyError::Zombie(zombie.reason)));
        } else {
            self.added(graph, id, nodes, capacity, got.unwrap());
        }
    }

    fn added(
        &mut self,
        graph: &mut Graph,
        id: u64,
        nodes: [u32; 2],
        capacity: Option<u64>,
        handle: ChannelHandle,
    ) {
        let rest = Config::QUARANTINE.as_secs();
        for node in nodes {
            let handle = graph.node_by_id(&node_id(node)).unwrap();
            if let Some(known) = self.node_handles.get(&node) {
                assert_eq!(handle, *known);
                continue;
            }
            if let Some(freed_at) = self.nodes_freed_at.remove(&handle) {
                assert!(self.now - freed_at >= rest, "reused too early");
            }
            let generation = self.node_generations.get(&handle).map_or(1, |g| g + 2);
            self.node_generations.insert(handle, generation);
            self.node_handles.insert(node, handle);
            self.tell(What::NodeAdded {
                node: handle,
                generation,
                id: node_id(node),
            });
        }
        if let Some(freed_at) = self.channels_freed_at.remove(&handle) {
            assert!(self.now - freed_at >= rest, "reused too early");
        }
        let generation = self.channel_generations.get(&handle).map_or(1, |g| g + 2);
        self.channel_generations.insert(handle, generation);
        self.channels.insert(
            id,
            ModelChannel {
                handle,
                nodes,
                capacity,
                policies: [None; 2],
                arrived: self.now,
                dying: None,
                tag: None,
            },
        );
        self.tell(What::ChannelAdded {
            channel: handle,
            generation,
            short_channel_id: scid(id),
        });
        assert!(graph.set_outpoint(handle, outpoint(id)));
    }

    fn update(&mut self, graph: &mut Graph, op: &Op) {
        let Op::Update {
            scid: id,
            direction,
            days,
            fee,
            disabled,
            signer,
        } = *op
        else {
            return;
        };
        let timestamp = self.timestamp(days);
        let side = usize::from(direction.bit());
        let right = self.channels.get(&id).map_or(0, |c| c.nodes[side]);
        let signer = signer.unwrap_or(right);
        let contents = channel_update::Contents {
            fee_base_msat: fee,
            disabled,
            ..terms(scid(id).0, direction, timestamp)
        };
        let replaced = graph
            .channel_by_scid(scid(id))
            .and_then(|h| graph.channel(h)?.policy(direction));
        let got = graph.apply_update(at(self.now), &update(contents, signer));
        let offered = Timestamp(timestamp);
        let Some(known) = self.channels.get_mut(&id) else {
            let zombie = self.zombies.get(&id).map(|z| ApplyError::Zombie(z.reason));
            let error = zombie.unwrap_or_else(|| ApplyError::UnknownChannel(scid(id)));
            assert_eq!(got, Err(error));
            return;
        };
        let stored = known.policies[side].map(|(stored, ..)| Timestamp(stored));
        let limit = self.latest.map(Timestamp);
        let is_spent = known.dying.is_some_and(|d| d.1 != Reason::ReorganisedOut);
        let error = match (stored, limit) {
            _ if signer != right => Some(ApplyError::WrongSigner {
                expected: node_id(right),
                found: node_id(signer),
            }),
            (Some(stored), _) if stored >= offered => {
                Some(ApplyError::NotNewer { stored, offered })
            }
            (_, Some(limit)) if offered > limit => {
                Some(ApplyError::FromTheFuture { limit, offered })
            }
            _ if is_spent && !disabled => Some(ApplyError::Dying(known.handle)),
            _ => None,
        };
        assert_eq!(got, error.map_or(Ok(known.handle), Err));
        if error.is_none() {
            known.policies[side] = Some((timestamp, fee, disabled));
            let channel = known.handle;
            self.tell(What::PolicyChanged {
                channel,
                generation: self.channel_generations[&channel],
                direction,
                replaced,
            });
        }
    }

    fn node(&mut self, graph: &mut Graph, node: u32, timestamp: u32) {
        let got = graph.apply_node(at(self.now), &node_announcement(node, timestamp));
        let offered = Timestamp(timestamp);
        let stored = self.announced_at.get(&node).copied().map(Timestamp);
        let limit = self.latest.map(Timestamp);
        let Some(handle) = self.node_handles.get(&node).copied() else {
            assert_eq!(got, Err(ApplyError::UnknownNode(node_id(node))));
            return;
        };
        let error = match (stored, limit) {
            (Some(stored), _) if stored >= offered => {
                Some(ApplyError::NotNewer { stored, offered })
            }
            (_, Some(limit)) if offered > limit => {
                Some(ApplyError::FromTheFuture { limit, offered })
            }
            _ => None,
        };
        assert_eq!(got, error.map_or(Ok(handle), Err));
        if error.is_none() {
            self.announced_at.insert(node, timestamp);
            self.tell(What::NodeAnnounced {
                node: handle,
                generation: self.node_generations[&handle],
                replaced: stored,
            });
        }
    }

    /// Takes a channel out of the model, as it was just taken out of the graph.
    fn removed(&mut self, id: u64, reason: Reason, may_revive: [bool; 2]) -> ModelChannel {
        let channel = self.channels.remove(&id).unwrap();
        let block = channel.dying.map(|(since, _)| since).or(self.tip);
        self.bury(id, reason, Some(channel.nodes), may_revive, block);
        self.channels_freed_at.insert(channel.handle, self.now);
        self.tell(What::ChannelFreed {
            channel: channel.handle,
            generation: self.channel_generations[&channel.handle],
            short_channel_id: scid(id),
            nodes: channel.nodes.map(|node| self.node_handles[&node]),
            capacity_sat: channel.capacity,
            reason,
        });
        for node in channel.nodes {
            if self.channels.values().any(|c| c.nodes.contains(&node)) {
                continue;
            }
            let handle = self.node_handles.remove(&node).unwrap();
            let announced_at = self.announced_at.remove(&node).map(Timestamp);
            self.node_tags.remove(&node);
            self.nodes_freed_at.insert(handle, self.now);
            self.tell(What::NodeFreed {
                node: handle,
                generation: self.node_generations[&handle],
                id: node_id(node),
                announced_at,
            });
        }
        channel
    }

    fn bury(
        &mut self,
        id: u64,
        reason: Reason,
        nodes: Option<[u32; 2]>,
        may_revive: [bool; 2],
        block: Option<u32>,
    ) {
        let forgotten = [Reason::Removed, Reason::Conflict, Reason::ReorganisedOut];
        if forgotten.contains(&reason) {
            return;
        }
        self.zombies.remove(&id);
        if self.zombies.len() == MAX_ZOMBIES {
            let oldest = self.zombies.iter().min_by_key(|(id, z)| (z.since, **id));
            let oldest = *oldest.unwrap().0;
            self.zombies.remove(&oldest);
        }
        let zombie = ModelZombie {
            reason,
            since: self.now,
            nodes,
            may_revive,
            block,
        };
        self.zombies.insert(id, zombie);
    }

    fn prune(&mut self, graph: &mut Graph) {
        let wall = self.wall();
        self.latest = Some(wall + 14 * DAY as u32);
        let (now, oldest) = (self.now, wall - 14 * DAY as u32);
        self.zombies
            .retain(|_, z| now - z.since < ZOMBIE_EXPIRY || is_spent(z.reason));
        let mut stale: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, c)| self.own.is_none_or(|own| !c.nodes.contains(&own)))
            .map(|(id, c)| {
                let old = |side: usize| c.policies[side].map(|(timestamp, ..)| timestamp < oldest);
                let ghost = now - c.arrived > 14 * DAY;
                let side = |s: usize| old(s).unwrap_or_else(|| ghost || old(1 - s) == Some(true));
                (c.handle, *id, [side(0), side(1)])
            })
            .filter(|(_, _, [one, two])| match self.strict {
                true => *one || *two,
                false => *one && *two,
            })
            .collect();
        stale.sort_unstable();
        let removed = graph.prune(at(now), Timestamp(wall));
        let removed: Vec<_> = removed
            .iter()
            .map(|removed| (removed.handle, removed.channel.by_ref().short_channel_id()))
            .collect();
        let expected: Vec<_> = stale.iter().map(|(h, id, _)| (*h, scid(*id))).collect();
        assert_eq!(removed, expected);
        for (_, id, sides) in stale {
            self.removed(id, Reason::Stale, sides);
        }
    }

    fn revive(&mut self, graph: &mut Graph, op: &Op) {
        let Op::Revive {
            scid: id,
            direction,
            days,
            signer,
        } = *op
        else {
            return;
        };
        let (wall, timestamp) = (self.wall(), self.timestamp(days));
        let message = update(terms(scid(id).0, direction, timestamp), signer);
        let got = graph.revive(Timestamp(wall), &message);
        let side = usize::from(direction.bit());
        let Some(zombie) = self.zombies.get(&id) else {
            assert_eq!(got, Err(ReviveError::NotAZombie));
            return;
        };
        if !zombie.may_revive[side] || zombie.nodes.map(|n| n[side]) != Some(signer) {
            assert_eq!(got, Err(ReviveError::NotByThisNode));
            return;
        }
        let two_weeks = 14 * DAY as u32;
        self.latest = Some(wall + two_weeks);
        if (wall - two_weeks..=wall + two_weeks).contains(&timestamp) {
            assert_eq!(got, Ok(()));
            self.zombies.remove(&id);
        } else {
            let offered = Timestamp(timestamp);
            assert_eq!(got, Err(ReviveError::NotFresh { offered }));
        }
    }

    fn connect(&mut self, graph: &mut Graph, op: &Op) {
        let Op::Connect {
            spent,
            by_outpoint,
            spliced_to,
            gap,
        } = op
        else {
            return;
        };
        let due = self.tip.map(|tip| tip + 1);
        let found = due.unwrap_or(104) + gap;
        let outputs = spent.iter().map(|id| match by_outpoint {
            true => SpentOutput::Outpoint(outpoint(*id)),
            false => SpentOutput::Channel(scid(*id)),
        });
        let spends = outputs.map(|output| Spent {
            output,
            spliced_to: *spliced_to,
        });
        let spends: Vec<_> = spends.collect();
        let got = graph.connect_block(at(self.now), height(found), &spends);
        if due.is_some() && *gap > 0 {
            let expected = due.map(height);
            let found = height(found);
            assert_eq!(got, Err(BlockError { expected, found }));
            return;
        }
        assert_eq!(got, Ok(()));
        self.tip = Some(found);
        for id in spent {
            let Some(channel) = self.channels.get(id) else {
                continue;
            };
            if !channel.dying.is_some_and(|(_, reason)| is_spent(reason)) {
                let reason = spliced_to.map_or(Reason::Closed, Reason::Spliced);
                self.dying(*id, found, reason);
            }
        }
        let mut dead: Vec<_> = self
            .channels
            .iter()
            .filter_map(|(id, c)| c.dying.map(|(since, reason)| (since, *id, reason)))
            .filter(|(since, ..)| since + BLOCKS_UNTIL_FORGOTTEN <= found)
            .collect();
        dead.sort_unstable();
        for (_, id, reason) in dead {
            self.removed(id, reason, [false; 2]);
        }
    }

    fn disconnect(&mut self, graph: &mut Graph) {
        let Some(tip) = self.tip else {
            let got = graph.disconnect_block(at(self.now), height(7));
            assert!(got.is_err());
            return;
        };
        assert!(
            graph
                .disconnect_block(at(self.now), height(tip + 1))
                .is_err()
        );
        assert_eq!(graph.disconnect_block(at(self.now), height(tip)), Ok(()));
        let spent_by_it = |c: &ModelChannel| c.dying.is_some_and(|d| d.0 == tip && is_spent(d.1));
        let of_it: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, c)| spent_by_it(c))
            .collect();
        let undone: Vec<_> = of_it.into_iter().map(|(id, _)| *id).collect();
        for id in undone {
            self.alive(id);
        }
        self.zombies
            .retain(|_, z| z.block != Some(tip) || !is_spent(z.reason));
        self.tip = Some(tip - 1);
        let confirmed = self
            .channels
            .iter()
            .filter(|(id, c)| scid(**id).block() == height(tip) && c.dying.is_none());
        let mut confirmed: Vec<_> = confirmed.map(|(id, c)| (c.handle, *id)).collect();
        confirmed.sort_unstable();
        for (_, id) in confirmed {
            self.dying(id, tip, Reason::ReorganisedOut);
        }
    }

    fn dying(&mut self, id: u64, since: u32, reason: Reason) {
        let channel = self.channels.get_mut(&id).unwrap();
        channel.dying = Some((since, reason));
        let channel = channel.handle;
        self.tell(What::ChannelDying {
            channel,
            generation: self.channel_generations[&channel],
            reason,
        });
    }

    fn alive(&mut self, id: u64) {
        let channel = self.channels.get_mut(&id).unwrap();
        channel.dying = None;
        let channel = channel.handle;
        self.tell(What::ChannelAlive {
            channel,
            generation: self.channel_generations[&channel],
        });
    }
}

fn is_spent(reason: Reason) -> bool {
    matches!(reason, Reason::Closed | Reason::Spliced(_))
}

fn outpoint(id: u64) -> Outpoint {
    Outpoint {
        txid: [id as u8; 32],
        index: id as u32 % 2,
    }
}

/// What a zombie says of its nodes.
pub(super) fn zombie_ids(nodes: Option<[u32; 2]>) -> [NodeId; 2] {
    nodes.map_or([NodeId([0; 33]); 2], |nodes| nodes.map(node_id))
}

/// Whether a payment may go in a direction, by the model.
pub(super) fn carries(model: &Model, channel: &ModelChannel, direction: Direction) -> bool {
    let policy = channel.policies[usize::from(direction.bit())];
    policy.is_some_and(|(_, _, disabled)| !disabled)
        && channel.capacity.is_none()
        && !(model.unroute && channel.dying.is_some())
}
