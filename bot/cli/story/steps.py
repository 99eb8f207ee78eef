"""The story: a good month at one client and a bad one at another, and what people do about both."""

from __future__ import annotations

from typing import Final

import msgspec

from bot.cli.story.desk import Desk
from bot.cli.story.looks import CLIENTS, Looks
from bot.cli.story.people import Stuck, button_of
from bot.cli.story.plot import Plot
from bot.cli.story.surprises import Surprises
from bot.cli.story.world import World
from bot.core.errors import RingmasterError
from bot.core.rollout.state import DeviceState, Rollout

GOOD, BAD = CLIENTS
STOP_MINUTES: Final = 30
EVENING_MINUTES: Final = 30


class Story:
    """The steps in their order. What is asked meanwhile is answered by the desk (desk.py)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told = world.told
        self.looks = Looks(world)
        self.desk = Desk(world, self.looks)
        self.surprises = Surprises(world, self.looks)
        self.plot = Plot()

    async def play(self) -> Plot:
        """The whole story; where it cannot go on, that is said and the rest is left out."""
        try:
            await self._acts()
        except RingmasterError as fault:
            self.told.note(f"The story stops here: {fault}")
        return self.plot

    async def _acts(self) -> None:
        await self.world.stage.gather(self.desk.dana, CLIENTS)
        await self.morning()
        if not self.plot.good:
            return
        await self.questions()
        await self.approvals()
        await self.afternoon()
        await self.evening()
        await self.requested_and_rejected()

    # --- morning ---

    async def morning(self) -> None:
        """The fleets are read, and what is known about flaws becomes recommendations."""
        self.told.title("Morning: the fleets are read")
        await self.surprises.before_the_first_reading()
        await self.world.app.watch_fleets()
        await self.world.settle()
        made = [tenant for tenant in CLIENTS if await self.looks.rollouts(tenant)]
        if GOOD not in made:
            return self._nothing_matches()
        rollout = (await self.looks.rollouts(GOOD))[0]
        exploited = sum(evidence.id.startswith("kev:") for evidence in rollout.offer.evidence)
        if not exploited:
            self.told.note("No flaw that these updates close is in the catalogue of exploited ones.")
        self.told.bot(
            self.world.clock.now(),
            f"recommends {rollout.offer.title} at {', '.join(made)}; {exploited} exploited flaws closed",
        )
        self.plot = Plot(good=GOOD, bad=BAD if BAD in made else "")
        return None

    def _nothing_matches(self) -> None:
        rows = len(self.world.app.intel.catalogue().rows)
        self.told.note(
            f"Nothing matches: the update guide has {rows} plannable rows, and no device of these clients "
            "lacks any of them. Nothing is recommended, nobody is asked, nothing is done."
        )

    # --- questions ---

    async def questions(self) -> None:
        """The card, somebody who may only look, and what waits."""
        self.told.title("The question")
        key = await self._start_key(GOOD)
        desk = self.desk
        await desk.sam.sees(GOOD, key)
        await self._factors()
        await desk.mia.presses(GOOD, key, "approve")
        code = (await self._rollout(GOOD)).code
        await desk.mia.types(GOOD, f"why {code}")
        await desk.sam.types("dm-sam", "waiting")
        await desk.sam.types("dm-sam", "aprove")
        await desk.sam.presses(GOOD, key, "details")

    async def _factors(self) -> None:
        """The four factors as the recommendation holds them."""
        for line in await self.looks.factors(GOOD):
            self.told.note(line)

    async def _start_key(self, tenant: str) -> str:
        gates = await self.looks.gates(tenant)
        rollout = await self._rollout(tenant)
        gate = next((g for g in gates if g.question.subject_id == rollout.id), None)
        if gate is None:
            raise Stuck(f"nobody is asked at {tenant}")
        return f"gate:{gate.id}"

    async def _rollout(self, tenant: str) -> Rollout:
        return next(one for one in await self.looks.rollouts(tenant) if one.id != self.plot.requested)

    # --- approvals ---

    async def approvals(self) -> None:
        """A press at one client, a typed line at the other; then the world moves on."""
        self.told.title("The approvals")
        await self.desk.sam.presses(GOOD, await self._start_key(GOOD), "approve")
        if self.plot.bad:
            rollout = await self._rollout(BAD)
            key, part = await self._start_key(BAD), self._part(rollout)
            await self.desk.dana.sees(BAD, key)
            await self.desk.dana.types(BAD, f"approve {rollout.code}{part}")
            await self.desk.dana.sees(BAD, key)
        self.told.title("Between approval and start")
        good = await self._rollout(GOOD)
        held = await self.surprises.take_laptop_away(good)
        blocked = await self.surprises.approve_elsewhere(good)
        self.plot = msgspec.structs.replace(self.plot, held=held, blocked=blocked)

    def _part(self, rollout: Rollout) -> str:
        """One PC of the last ring stays as it is, where another one is left in it."""
        last = rollout.offer.devices(len(rollout.rings) - 1)
        if len(rollout.rings) < 2 or len(last) < 2:
            return ""
        left = last[-1]
        self.plot = msgspec.structs.replace(self.plot, left_out=left.device_id)
        return f" without {left.name}"

    # --- afternoon ---

    async def afternoon(self) -> None:
        """Rings go on; once everything is stopped and started again; the bad patch is caught and undone."""
        self.told.title("The window opens")
        await self.world.until(self._installing, "the first install")
        if await self.looks.suspended(GOOD):
            missing = await self.world.readiness()
            self.told.note(f"{GOOD} is suspended; the bot says it is not ready: {', '.join(missing)}.")
        await self.desk.lee.types("staff", "stop contoso smells wrong")
        await self.world.pass_time(STOP_MINUTES)
        await self.desk.lee.types("staff", "status contoso")
        await self.desk.sam.types("staff", "resume contoso")
        self.told.title("The rings")
        await self.world.until(self._over, "both rollouts to end")

    async def _installing(self) -> bool:
        if await self.looks.suspended(GOOD):
            return True
        states = await self.looks.states(GOOD, (await self._rollout(GOOD)).id)
        return DeviceState.INSTALLING in states.values()

    async def _over(self) -> bool:
        await self.desk.look()
        return all([await self._ended(tenant) for tenant in (self.plot.good, self.plot.bad) if tenant])

    async def _ended(self, tenant: str) -> bool:
        if await self.looks.suspended(tenant):
            return True
        return await self.looks.has_ended(tenant, (await self._rollout(tenant)).id)

    # --- evening ---

    async def evening(self) -> None:
        """What is left, in a few typed lines."""
        if await self.looks.suspended(GOOD):
            return
        self.told.title("Evening")
        await self.world.pass_time(EVENING_MINUTES)
        await self.desk.look()
        await self.desk.sam.types("staff", "status")
        await self.desk.sam.sees(GOOD, f"rollout:{(await self._rollout(GOOD)).id}")
        if self.plot.bad:
            await self.desk.dana.sees(BAD, f"rollout:{(await self._rollout(BAD)).id}")
        for device in (self.plot.blocked, self.plot.held):
            target = (await self._rollout(GOOD)).offer.target(device)
            if target is not None:
                await self.desk.sam.types(GOOD, target.name)
        await self.desk.mia.types("dm-mia", "oncall")

    # --- the requester, and a no ---

    async def requested_and_rejected(self) -> None:
        """Somebody asks for an update, may not say yes to their own wish, and another one says no."""
        if await self.looks.suspended(GOOD):
            return
        self.told.title("A wish that another one has to answer")
        before = {rollout.id for rollout in await self.looks.rollouts(GOOD)}
        kb = await self.looks.server_update(GOOD)
        if not kb:
            self.told.note("No server lacks a second update, so this part is left out.")
            return
        await self.desk.dana.types(GOOD, f"rollout start KB{kb}")
        asked = next((r for r in await self.looks.rollouts(GOOD) if r.id not in before), None)
        if asked is None:
            self.told.note("It could not be planned, so this part is left out.")
            return
        self.plot = msgspec.structs.replace(self.plot, requested=asked.id)
        key = f"gate:{asked.gate}"
        await self.desk.dana.presses(GOOD, key, "approve")
        await self._said_no(key)

    async def _said_no(self, key: str) -> None:
        """One tap on a reason at the console; words of one's own where the platform has its own forms."""
        lee = self.desk.lee
        choices = await lee.presses(GOOD, key, "reject")
        if self.world.stage.surface == "console":
            await lee.clicks(GOOD, button_of(choices, "reject-known-problem"))
            return
        form = await lee.clicks(GOOD, button_of(choices, "reject-words"))
        if form is None:
            raise Stuck("no form came for the reason")
        await lee.clicks(GOOD, form.buttons[0], {form.fields[0]: "Two servers are in the middle of a move"})
