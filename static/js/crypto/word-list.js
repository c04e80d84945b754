/** Bytes as words that people compare by eye or by voice: 256 of them, no two that sound alike. Pure. */

const WORDS = `
acorn amber anchor apple aspen atlas autumn avenue balcony ballet bamboo banana beaver bicycle biscuit blanket blossom bonfire
bridge bronze bucket buffalo cactus camera canary canyon caravan carrot castle cedar cherry chimney cinema cinnamon circus clover
coconut comet compass concert coral cottage cotton cousin coyote cricket crystal cuckoo cucumber curtain daisy dancer desert
diamond dolphin donkey dragon eagle easel eclipse elbow elephant elevator emerald engine evening fabric feather festival fig
firefly flamingo flute forest fossil freckle galaxy gardener garlic giraffe glacier goblet gondola granite grape guitar harbor
harvest hedgehog hickory horizon hotel iceberg igloo indigo iris island ivory jaguar jasmine jelly jigsaw journey jukebox jungle
juniper kangaroo kayak kettle kingdom kitchen kiwi koala ladder ladybird lagoon lantern laurel lavender lemon leopard library
lilac llama lotus lunch mango marble market mechanic melody mermaid midnight mirror mitten mosaic mountain muffin museum mushroom
mustard napkin nectar needle nickel notebook november nutmeg oasis ocean octopus olive omelette onion orange orbit orchid ostrich
otter palace panther papaya peanut pebble pelican pencil penguin pepper piano picnic pigeon pillow pirate plum polar poppy
postcard prairie pretzel pumpkin puzzle pyjamas pyramid quartz quilt quiver rabbit raccoon radish rainbow raisin raven rhubarb
robin rooster ruby rucksack saddle saffron sailboat salmon sandal sandwich satin scarf scooter seagull shadow silver skylark snow
spider squirrel stadium starfish sugar summer sunflower sunset swallow swan tadpole tailor teapot temple thunder tiger tomato
tractor treasure trumpet tulip tunnel turtle twilight umbrella unicorn vanilla velvet village vineyard violin volcano voyage
waffle walrus whale whistle windmill window winter wizard wolf yogurt zebra zeppelin
`.trim().split(/\s+/)

/** One word a byte. @param {Iterable<number>} bytes @returns {string[]} */
export function wordsOf(bytes) {
  return Array.from(bytes, (byte) => WORDS[byte])
}
