"""An invented village: what it knows, and questions about it. For measuring, never for showing."""

from __future__ import annotations

from dataclasses import dataclass

NOTES: tuple[tuple[str, str], ...] = (
    (
        "The seed library",
        "The seed library is in the blue cupboard of the school. It is open on Tuesdays from four to six. "
        "Everyone may take three bags of seeds a year. In autumn we bring back seeds of what grew well. "
        "Marisol Tenko looks after it.",
    ),
    (
        "The mill",
        "The mill on the Orba was built in 1894 by Ferran Dask. It ground rye until 1957. Since 2011 it makes "
        "electricity for eleven houses. The wheel has twenty-four blades. On the first Sunday in May one can "
        "visit it.",
    ),
    (
        "Borrowing tools",
        "Tools lie in the shed behind the chapel. The key hangs at Oskar Brill's door. Write your name and "
        "the day in the green book. A tool may stay away for seven days. The chainsaw goes only to those who "
        "took the course.",
    ),
    (
        "Bread days",
        "We bake together every second Friday. The oven is lit at five in the morning, and the dough must be "
        "there by nine. Each house brings its own flour and two logs of beech. The loaves come out at noon. "
        "Children knead the last dough.",
    ),
    (
        "The water rota",
        "In July and August the gardens are watered by turns. The upper gardens have Monday and Thursday, the "
        "lower ones Wednesday and Saturday. On Sunday nobody waters. The rota hangs beside the fountain. Ilse "
        "Marant changes it on the first of each month.",
    ),
    (
        "Lambing",
        "The lambs come between the end of February and the middle of April. We count them on Saint Joseph's "
        "day. Last year there were ninety-three. A ewe with twins goes to the warm stall for ten days. Call "
        "Bruno Keel when a birth takes longer than two hours.",
    ),
    (
        "The choir",
        "The choir meets on Wednesday evenings at half past seven in the old dairy. It was founded in 1978 "
        "with nine voices and has twenty-six today. Nobody must read music. Pia Lund conducts. In December it "
        "sings in three villages.",
    ),
    (
        "Mushrooms",
        "We gather mushrooms from September to November. Two kilos a day for each house is the limit. What "
        "nobody knows is shown to Aurel Finch before it is eaten. The slope above the quarry is left alone "
        "every third year.",
    ),
    (
        "The bus",
        "The bus to Tarnau leaves at ten past seven and at a quarter to two, on schooldays only. A ticket "
        "costs three crowns, and children ride free. The driver is called Noor. On market days there is one "
        "more bus at six in the evening.",
    ),
    (
        "Buying together",
        "We order rice, oil and coffee together four times a year. Lists are collected until the tenth of "
        "March, June, September and December. The lorry comes about two weeks later. Henrike Voss keeps the "
        "accounts. Half is paid when ordering.",
    ),
    (
        "The pond",
        "The fire pond holds two hundred thousand litres. Swimming is allowed from June on, never alone. The "
        "sluice is opened by the fire wardens only. In winter Tomas Ried measures the ice; it carries from "
        "twelve centimetres on.",
    ),
    (
        "Bees",
        "There are thirty-one hives, most of them black bees. The honey is spun in the last week of July. "
        "Linden honey is sold in jars of five hundred grams for nine crowns. Greta Holm teaches beginners in "
        "spring. In 2019 a bear took two hives.",
    ),
    (
        "Meetings",
        "The assembly meets on the last Thursday of each month at eight in the evening. Whoever wants to "
        "speak raises a wooden spoon. A question that stays open twice goes to a vote. Minutes hang in the "
        "shop for one month. The assembly chooses its chair by lot.",
    ),
    (
        "The shop",
        "The shop belongs to all of us. It is open every morning from eight to noon, and on Friday until six. "
        "Whoever helps three hours a month pays ten per cent less. Milk comes from Keel's farm. Bottles cost "
        "a deposit of half a crown.",
    ),
    (
        "Apple pressing",
        "The press stands in Dask's barn and is used in October. Sign up with Lena Ostrow a week before. A "
        "hundred kilos of apples give about sixty-five litres of juice. Juice is heated to seventy-eight "
        "degrees. The pulp goes to the pigs.",
    ),
    (
        "The path to the pass",
        "The path to the Silber pass takes four hours. There is a hut with eight beds halfway; the key is in "
        "the shop. From November to April nobody goes up without asking Matis Grohl. The red marks were "
        "painted in 2016.",
    ),
    (
        "School garden",
        "The pupils grow beans, pumpkins and thirteen kinds of potatoes. The oldest kind is called Night "
        "Heart. In the holidays two families care for the garden each week. Compost is turned every "
        "fortnight.",
    ),
    (
        "Care circle",
        "Seven members of the care circle visit whoever is ill or alone. Call Jonna Weit, who shares out the "
        "visits. Nobody pays for it. A visitor brings soup on Mondays. What is said in a house stays in that "
        "house.",
    ),
)

WORDS: tuple[tuple[str, str], ...] = (
    ("sellu", "water that one can drink"),
    ("marok", "a neighbour who helps without being asked"),
    ("tibren", "the last hour of daylight"),
    ("oshka", "bread of rye with caraway"),
    ("velun", "to mend something with what is at hand"),
    ("dorri", "grandmother, also used for any old woman whom one respects"),
    ("kasmel", "snow that falls on blossom"),
    ("pirto", "a small wooden bridge"),
    ("hanuvi", "thank you"),
    ("zorle", "the sound of the brook at night"),
)


@dataclass(frozen=True)
class Question:
    """`accepted` are wordings of which a right answer holds one; empty where the village does not know."""

    text: str
    accepted: tuple[str, ...] = ()


KNOWN: tuple[Question, ...] = (
    Question("On which day is the seed library open?", ("Tuesday", "Tuesdays")),
    Question("Who looks after the seeds?", ("Marisol", "Marisol Tenko")),
    Question("In which year was the mill built?", ("1894",)),
    Question("How many houses get electricity from the mill?", ("eleven", "11")),
    Question("Where can I find the key to the tool shed?", ("Oskar", "Oskar Brill", "Brill's door")),
    Question("How long may I keep a borrowed tool?", ("seven days", "7 days", "a week")),
    Question("When do the loaves come out of the oven?", ("noon", "12")),
    Question("What wood do we need for baking?", ("beech",)),
    Question("On what days may the lower gardens be watered?", ("Wednesday and Saturday",)),
    Question("How many lambs were there last year?", ("ninety-three", "93")),
    Question("Whom do I call if a birth takes too long?", ("Bruno", "Bruno Keel", "Keel")),
    Question("Who conducts the choir?", ("Pia", "Pia Lund")),
    Question("How much may one house gather of mushrooms in a day?", ("two kilos", "2 kilos", "two kilograms")),
    Question("What does a bus ticket cost?", ("three crowns", "3 crowns")),
    Question("When does the first bus to Tarnau leave?", ("ten past seven", "7:10")),
    Question("Who keeps the accounts of what we buy together?", ("Henrike", "Henrike Voss")),
    Question("How thick must the ice be before it carries us?", ("twelve centimetres", "twelve", "12")),
    Question("What animal took two hives?", ("bear",)),
    Question("What do you raise when you want to speak at the assembly?", ("spoon", "wooden spoon")),
    Question("Until when is the shop open on Friday?", ("six", "6")),
    Question("To how many degrees is the apple juice heated?", ("seventy-eight", "78")),
    Question("How many beds are in the hut on the way to the pass?", ("eight", "8")),
    Question("What is the oldest kind of potatoes called?", ("Night Heart",)),
    Question("Who shares out the visits to the ill?", ("Jonna", "Jonna Weit")),
    Question("What does sellu mean?", ("water",)),
    Question("What is a pirto?", ("bridge",)),
    Question("How do I say thank you in our language?", ("hanuvi",)),
    Question("What do we call the last hour of daylight?", ("tibren",)),
)

# The same, asked in Spanish.
IN_SPANISH: tuple[str, ...] = (
    "¿Qué día está abierta la biblioteca de semillas?",
    "¿Quién cuida las semillas?",
    "¿En qué año se construyó el molino?",
    "¿Cuántas casas reciben electricidad del molino?",
    "¿Dónde encuentro la llave del cobertizo de herramientas?",
    "¿Cuánto tiempo puedo quedarme con una herramienta prestada?",
    "¿Cuándo salen los panes del horno?",
    "¿Qué leña hace falta para hornear?",
    "¿Qué días se pueden regar los huertos de abajo?",
    "¿Cuántos corderos hubo el año pasado?",
    "¿A quién llamo si un parto dura demasiado?",
    "¿Quién dirige el coro?",
    "¿Cuántas setas puede recoger una casa en un día?",
    "¿Cuánto cuesta el billete de autobús?",
    "¿A qué hora sale el primer autobús a Tarnau?",
    "¿Quién lleva las cuentas de lo que compramos juntos?",
    "¿Qué grosor debe tener el hielo para que nos aguante?",
    "¿Qué animal se llevó dos colmenas?",
    "¿Qué se levanta cuando uno quiere hablar en la asamblea?",
    "¿Hasta qué hora abre la tienda el viernes?",
    "¿A cuántos grados se calienta el zumo de manzana?",
    "¿Cuántas camas hay en el refugio del camino al paso?",
    "¿Cómo se llama la variedad más antigua de patatas?",
    "¿Quién reparte las visitas a los enfermos?",
    "¿Qué significa sellu?",
    "¿Qué es un pirto?",
    "¿Cómo se dice gracias en nuestra lengua?",
    "¿Cómo llamamos a la última hora de luz del día?",
)

# Each of the village's own matters, and things that have nothing to do with it.
UNKNOWN: tuple[Question, ...] = (
    Question("Who painted the walls of the chapel?"),
    Question("How old is Marisol Tenko?"),
    Question("What does a new chainsaw cost?"),
    Question("Which songs does the choir sing at weddings?"),
    Question("How deep is the Orba in spring?"),
    Question("Where does the doctor live?"),
    Question("When does the post office open?"),
    Question("Who repairs the roof of the school?"),
    Question("How many goats does Henrike have?"),
    Question("What is the wifi password of the village hall?"),
    Question("When was the bridge to Tarnau blown up?"),
    Question("Which vet looks after the horses?"),
    Question("What does brundel mean?"),
    Question("How do you say butterfly in our language?"),
    Question("What is the capital of Mongolia?"),
    Question("Who won the football cup in 1998?"),
    Question("How does a diesel engine work?"),
    Question("When did the first astronaut walk on the moon?"),
    Question("What is the boiling point of mercury?"),
    Question("Who wrote the play about Hamlet?"),
    Question("How do I file my income tax?"),
    Question("Which planet has the most rings?"),
    Question("Is there a cure for hay fever?"),
    Question("How long does a flight to Tokyo take?"),
)
