/** Something to try with. Written for this page. */

export const EXAMPLES = [
  {
    title: "The Lighthouse Keeper's Daughter",
    plot:
      "After her father vanishes in a storm, a young keeper finds his logbook full of entries dated ten years ahead. " +
      "A detective from the mainland arrives, and each night the light shows them one more ship that was never built.",
    reviews: [
      "Beautiful, slow and quietly frightening. The last half hour is wonderful.",
      "The mystery kept me guessing, but the middle drags a little.",
      "Great performances and a gorgeous coast. I loved it.",
    ],
  },
  {
    title: "Second Shift at the Noodle Bar",
    plot:
      "Two rival cooks share one tiny kitchen, one by day and one by night, and fall in love through the notes that they " +
      "leave in the fridge, without ever having met. Then the landlord sells the building.",
    reviews: [
      "Funny and warm. I laughed from the first note to the last.",
      "Predictable plot, but the leads are charming.",
      "Too long, and the landlord is a cartoon. Not for me.",
    ],
  },
];
