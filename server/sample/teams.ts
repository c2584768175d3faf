const qualifiers =
  `Amber, Arctic, Bright, Brisk, Calm, Cedar, Clear, Coastal, Cobalt, Copper, Coral, Crimson, Distant, Eastern,
  Ember, Golden, Granite, Green, Hidden, Indigo, Ivory, Jade, Lunar, Maple, Misty, Northern, Olive, Quiet, Rapid, Scarlet,
  Silver, Solar, Southern, Steady, Summer, Swift, Umber, Velvet, Western, Winter, Wild`.split(/,\s+/)
const creatures =
  `Badger, Beaver, Bison, Bittern, Buzzard, Condor, Crane, Curlew, Dolphin, Dormouse, Egret, Falcon, Ferret,
  Finch, Fox, Gannet, Gecko, Hare, Heron, Ibex, Jackdaw, Kestrel, Kingfisher, Lapwing, Lynx, Magpie, Marten, Merlin, Moth,
  Newt, Nuthatch, Osprey, Otter, Owl, Pelican, Plover, Puffin, Raven, Robin, Salmon, Seal, Sparrow, Starling, Stork,
  Swallow, Tern, Wren`.split(/,\s+/)

/** Gives each team a name of its own: 'Amber Badger', 'Arctic Beaver', … and 'Amber Badger 2' once all are taken. */
export function createTeamNames(): () => string {
  let named = 0
  return () => {
    // 41 qualifiers and 47 creatures have no divisor in common: stepping through both meets every pair once.
    const name = `${qualifiers[named % qualifiers.length]} ${creatures[named % creatures.length]}`
    const round = Math.floor(named / (qualifiers.length * creatures.length)) + 1
    named++
    return round === 1 ? name : `${name} ${round}`
  }
}
